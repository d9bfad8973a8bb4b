import { consentConfirmed, consentDenied, consentGranted, consentWithdrawn, type Fact } from '@tsunagari/contracts';

export type ConsentAnswer = 'granted' | 'denied' | 'withdrawn';

/** The last answer given under one subject for a category, on one channel or (`channel` null) on all. */
export type ConsentRecord = {
  readonly subject: string;
  readonly category: string;
  readonly channel: string | null;
  readonly answer: ConsentAnswer;
  readonly verified: boolean;
  readonly since: string;
  readonly evidence: string;
  /** A grant ends here, ISO 8601 UTC. */
  readonly expiresAt?: string;
};

const ANSWERS: Readonly<Record<string, ConsentAnswer>> = {
  [consentGranted.type]: 'granted',
  [consentConfirmed.type]: 'granted',
  [consentDenied.type]: 'denied',
  [consentWithdrawn.type]: 'withdrawn',
};

type ConsentData = { category: string; channel?: string; verified: boolean; expiresAt?: string };

/** Whether a fact of this type is a word on consent. */
export function saysConsent(type: string): boolean {
  return ANSWERS[type] !== undefined;
}

/** The records with a newer word in its place; a fact that is none changes nothing. */
export function withConsent(records: readonly ConsentRecord[], subject: string, fact: Fact): readonly ConsentRecord[] {
  const answer = ANSWERS[fact.type];
  if (answer === undefined) return records;
  const { category, channel = null, verified, expiresAt } = fact.data as ConsentData;
  // A word on all channels takes the place of what was said on each of them before.
  const others = records.filter(
    (each) => each.subject !== subject || each.category !== category || (channel !== null && each.channel !== channel),
  );
  const record: ConsentRecord = {
    subject,
    category,
    channel,
    answer,
    verified,
    since: fact.occurred,
    evidence: fact.id,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  return [...others, record];
}

/** The word of one subject: that on the channel before that on all channels. */
function wordOf(records: readonly ConsentRecord[], channel: string, moment: string): ConsentAnswer | 'unknown' {
  const record = records.find((each) => each.channel === channel) ?? records.find((each) => each.channel === null);
  if (record === undefined) return 'unknown';
  const over = record.expiresAt !== undefined && record.expiresAt <= moment;
  return record.answer === 'granted' && (over || !record.verified) ? 'unknown' : record.answer;
}

/**
 * Whether the customer agreed to a category on a channel at a moment (ISO 8601 UTC). Under several identifiers the stricter word wins:
 * withdrawn, then denied, then granted. A grant counts only from a verified source and until it expires. `unknown` is no consent.
 */
export function consentOf(
  { consents }: { readonly consents: readonly ConsentRecord[] },
  category: string,
  channel: string,
  moment: string,
): ConsentAnswer | 'unknown' {
  const bySubject = new Map<string, ConsentRecord[]>();
  for (const record of consents)
    if (record.category === category) bySubject.set(record.subject, [...(bySubject.get(record.subject) ?? []), record]);
  const words = new Set([...bySubject.values()].map((records) => wordOf(records, channel, moment)));
  return (['withdrawn', 'denied', 'granted'] as const).find((word) => words.has(word)) ?? 'unknown';
}
