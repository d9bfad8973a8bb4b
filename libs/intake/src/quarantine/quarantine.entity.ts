import { EntitySchema } from 'typeorm';
import type { QuarantineEntry } from './quarantine-table';

/** A row of `intake.quarantine`; `seq` grows in the order of arrival. */
type QuarantineRow = QuarantineEntry & { readonly seq: string };

export const quarantineEntity = new EntitySchema<QuarantineRow>({
  name: 'Quarantine',
  schema: 'intake',
  tableName: 'quarantine',
  columns: {
    id: { type: 'uuid', primary: true },
    seq: { type: 'bigint', generated: 'increment' },
    source: { type: 'text' },
    messageId: { name: 'message_id', type: 'text', nullable: true },
    code: { type: 'text' },
    field: { type: 'text', nullable: true },
    rule: { type: 'text' },
    line: { type: 'integer', nullable: true },
    body: { type: 'text', nullable: true },
    status: { type: 'text', default: 'held' },
    received: { type: 'timestamptz' },
    decided: { type: 'timestamptz', nullable: true },
    decidedBy: { name: 'decided_by', type: 'text', nullable: true },
  },
  uniques: [{ name: 'quarantine_seq_key', columns: ['seq'] }],
  indices: [{ name: 'quarantine_by_status', columns: ['status', 'seq'] }],
  checks: [{ name: 'quarantine_status_check', expression: "status in ('held', 'released', 'discarded')" }],
});
