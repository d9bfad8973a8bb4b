export { Collector, type Count, type IntakeCounter, type IntakeRequest, type IntakeResponse } from './collector/collector';
export { DEFAULT_LIMITS, type IntakeLimits } from './collector/limits';
export { intakeMiddleware } from './collector/middleware';
export { createIntake, type Intake, type IntakeParts } from './create-intake';
export type { ImportInput } from './importer/byte-source';
export {
  IMPORT_FORMATS,
  type ImportFormat,
  importOrders,
  type ImportOptions,
  type ImportOutcome,
  type ImportProgress,
  type ImportSummary,
} from './importer/import-orders';
export type { ReleaseOutcome } from './quarantine/quarantine';
export type { Queryable, QuarantineEntry, QuarantinePage } from './quarantine/quarantine-table';
export type { SourceKind } from './recording/observation';
export { intakeSchema } from './schema';
export type { SourceDirectory } from './sources';
