import { type Fact, facts as registry, isSealed, type Redacted } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { Keyring, SealedOf } from '@tsunagari/privacy';

/** A fact as people read it: brought up to its newest version, personal fields opened or redacted. */
export type ShownFact = Omit<Fact, 'data'> & { readonly data: Readonly<Record<string, unknown>> };

/** What stands in place of a personal field for a reader without the right to it. */
export type Withheld = { readonly redacted: true; readonly reason: Redacted['reason'] | 'NO_RIGHT' };

/** A place in a timeline: of the last fact seen. */
export type TimelinePlace = { readonly occurred: string; readonly id: string };

/** The facts of a customer's subjects, newest first, one more than `limit` when there are older ones. */
export async function timelineOf(
  journal: Journal,
  subjects: readonly string[],
  page: {
    readonly limit: number;
    readonly before: TimelinePlace | null;
    readonly types?: readonly string[] | null | undefined;
    readonly moment?: { readonly position: string; readonly occurredBy: string | null } | null | undefined;
  },
): Promise<readonly Fact[]> {
  if (subjects.length === 0) return [];
  const { facts } = await journal.timeline({
    subjects,
    first: page.limit + 1,
    ...(page.types == null ? {} : { types: page.types }),
    ...(page.before === null ? {} : { before: page.before }),
    ...(page.moment == null ? {} : { upTo: page.moment.position }),
    ...(page.moment?.occurredBy == null ? {} : { occurredBy: page.moment.occurredBy }),
  });
  return facts;
}

/** The log in position order, as of a moment the part that counts then; one fact more than `limit` when there are later ones. */
export async function logOf(
  log: EventLog,
  page: {
    readonly limit: number;
    readonly after: string;
    readonly types?: readonly string[] | null | undefined;
    readonly moment?: { readonly position: string; readonly occurredBy: string | null } | null | undefined;
  },
): Promise<readonly Fact[]> {
  const found: Fact[] = [];
  let after = page.after;
  const occurredBy = page.moment?.occurredBy ?? null;
  // A rare type may be missing from whole pages: read on until the page is full or the log ends.
  for (;;) {
    const read = await log.read({
      after,
      limit: page.limit + 1 - found.length,
      ...(page.types == null ? {} : { types: page.types }),
      ...(page.moment == null ? {} : { upTo: page.moment.position }),
    });
    found.push(...read.facts.filter(({ occurred }) => occurredBy === null || occurred <= occurredBy));
    if (found.length > page.limit || read.atEnd || read.upTo === after) return found;
    after = read.upTo;
  }
}

/**
 * Facts as a reader may see them. All personal fields of a page are opened in one call; without the right they are not opened at all.
 * A value whose key was destroyed is `Redacted`, never an error.
 */
export async function shown(facts: readonly Fact[], keyring: Pick<Keyring, 'open'>, mayOpen: boolean): Promise<readonly ShownFact[]> {
  const decoded = facts.map((fact): ShownFact => {
    const upToDate = registry.decode(fact);
    return { ...fact, data: upToDate.kind === 'decoded' ? upToDate.data : (fact.data as Record<string, unknown>) };
  });
  const sealed: (SealedOf & { readonly fact: number; readonly field: string })[] = [];
  for (const [fact, { type, data, subject }] of decoded.entries())
    for (const [field, value] of Object.entries(data))
      if (subject !== null && isSealed(value)) sealed.push({ fact, field, subject, sealed: value, of: { type, field } });
  if (sealed.length === 0) return decoded;
  const withheld: Withheld = { redacted: true, reason: 'NO_RIGHT' };
  const opened = mayOpen ? await keyring.open(sealed) : sealed.map(() => withheld);
  const fields = new Map<number, Record<string, unknown>>();
  for (const [i, { fact, field }] of sealed.entries()) fields.set(fact, { ...fields.get(fact), [field]: opened[i] });
  return decoded.map((fact, i) => (fields.has(i) ? { ...fact, data: { ...fact.data, ...fields.get(i) } } : fact));
}
