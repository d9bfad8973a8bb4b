export { defineReadModel } from './definition';
export type { AnyReadModel, ReadModelDefinition } from './definition';
export type { FoldedFact } from './page-fold';
export type { ReadModelReader, ReadRow, RowQuery } from './reader';
export { createReadModelRunner } from './runner';
export { readModelOf } from './of-aggregate';
export type { ParkedRow, ReadModelError, ReadModelRunner, ReadModelRunnerOptions, ReadModelStatus } from './runner-face';
export type { TableAudit, TableHash } from './audit';
