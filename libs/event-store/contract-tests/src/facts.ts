import { createHash, randomUUID } from 'node:crypto';
import type { Fact, NewFact, Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { AppendOutcome } from '@tsunagari/event-store';

/** A fact that says nothing in particular; its digest follows from its data. */
export function someFact(given: Partial<NewFact> = {}): NewFact {
  const data = given.data ?? { note: 'something happened' };
  const id = given.id ?? randomUUID();
  return {
    id,
    type: 'retention.test.something-happened',
    schema: 1,
    subject: null,
    meta: { actor: 'system:test', source: 'test', correlationId: id },
    occurred: '2011-02-03T04:05:06.789Z',
    ...given,
    data,
    digest: given.digest ?? createHash('sha256').update(JSON.stringify(data)).digest('hex'),
  };
}

export function someFacts(count: number, given: Partial<NewFact> = {}): NewFact[] {
  return Array.from({ length: count }, (_, index) => someFact({ ...given, data: { index } }));
}

/** A stream nobody else uses. */
export function freshStream(): string {
  return `test-${randomUUID()}`;
}

/** The outcome, when it is what it must be. */
export function appended(outcome: AppendOutcome | undefined): Extract<AppendOutcome, { kind: 'appended' }> {
  if (outcome?.kind !== 'appended') throw new Error(`not appended: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Everything in the log after a position, page by page. */
export async function readToEnd(log: EventLog, after: Position = BEGINNING, limit = 1_000): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (let at = after; ;) {
    const page = await log.read({ after: at, limit });
    facts.push(...page.facts);
    if (page.atEnd) return facts;
    at = page.upTo;
  }
}
