import { createHash, randomUUID } from 'node:crypto';

/** The id of the n-th fact (from 0) of a command: a repeated command finds its own facts. */
export function commandFactId(idempotencyKey: string, n: number): string {
  return hashedUuid('command', idempotencyKey, n);
}

/** The id of the n-th fact (from 0) that a collected event became: the duplicate key of a source is its message id. */
export function intakeFactId(source: string, messageId: string, n = 0): string {
  return hashedUuid('intake', source, messageId, n);
}

/** The id of a subject's `IdentifierRegistered`: whoever records it, it is one fact. */
export function registrationFactId(subject: string): string {
  return hashedUuid('registration', subject);
}

/** Random: the chain of command → facts → message starts here. */
export function newCorrelationId(): string {
  return randomUUID();
}

/** UUID version 8 (RFC 9562) from SHA-256. The parts are hashed as a JSON list, so that no two lists run into one another. */
function hashedUuid(...parts: readonly (string | number)[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
