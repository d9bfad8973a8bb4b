import { refusal, type Refusal } from '@tsunagari/contracts';
import type { SourceKind } from '../recording/observation';

export type EventTime = {
  /** Business time: the source's clock corrected. ISO 8601 UTC with milliseconds. */
  readonly occurred: string;
  readonly clocks: { readonly receivedAt: string; readonly sentAt?: string; readonly originalTimestamp?: string; readonly imported?: true };
};

/**
 * When an event happened: `receivedAt − (sentAt − timestamp)`, which takes the error of the sender's clock out. An import key reports
 * history: its timestamps stand as they are. Refused: a time that is none, and one further ahead of `now` than the skew.
 */
export function eventTime(
  event: Record<string, unknown>,
  batchSentAt: unknown,
  options: { readonly receivedAt: string; readonly now: string; readonly skewMs: number; readonly sourceKind: SourceKind },
): EventTime | Refusal {
  const { receivedAt, now, skewMs, sourceKind } = options;
  const received = Date.parse(receivedAt);
  const originalRaw = event['originalTimestamp'] ?? event['timestamp'];
  const sentRaw = event['sentAt'] ?? batchSentAt;
  const original = momentOf(originalRaw);
  if (original === 'invalid') return notATime(event['originalTimestamp'] === undefined ? 'timestamp' : 'originalTimestamp');
  const sent = momentOf(sentRaw);
  if (sent === 'invalid') return notATime('sentAt');

  const imported = sourceKind === 'import';
  const corrected = original === null ? received : sent === null || imported ? original : received - (sent - original);
  const occurred = isoOf(corrected);
  if (occurred === null) return notATime('timestamp');
  if (corrected - Date.parse(now) > skewMs)
    return refusal(
      'FUTURE_EVENT',
      'timestamp',
      `an event lies at most ${skewMs / 1000} s in the future`,
      'Correct the clock or the timestamp.',
    );
  return {
    occurred,
    clocks: {
      receivedAt,
      ...(sent === null ? {} : { sentAt: new Date(sent).toISOString() }),
      ...(original === null ? {} : { originalTimestamp: new Date(original).toISOString() }),
      ...(imported ? { imported: true as const } : {}),
    },
  };
}

function notATime(field: string): Refusal {
  return refusal(
    'INVALID_FIELD',
    field,
    `${field} is a moment in ISO 8601 between the years 1 and 9999`,
    'Send it as 2010-12-01T08:26:00.000Z.',
  );
}

/** ISO 8601 text or milliseconds since 1970; null when there is none. */
function momentOf(value: unknown): number | null | 'invalid' {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return isoOf(value) === null ? 'invalid' : value;
  if (typeof value !== 'string' || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].{0,40})?$/.test(value)) return 'invalid';
  const moment = Date.parse(value);
  return isoOf(moment) === null ? 'invalid' : moment;
}

function isoOf(moment: number): string | null {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return null;
  return date.toISOString();
}
