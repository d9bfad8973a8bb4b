import { comparePositions, streamName, type ConsentQuestion, type ConsentVerdict } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { authorityGroupsOf, type IdentityReader } from '@tsunagari/projection';
import { consentDecider, type ConsentState } from './consent.decider';
import { evolvePreferences, noPreferences, type Preferences } from './preference.decider';
import { consentVerdict, pairsToAsk } from './verdict';

export type ConsentReads = {
  readonly store: EventStore;
  readonly journal: Journal;
  readonly keyring: Pick<Keyring, 'erased'>;
  readonly identity: IdentityReader;
};

/** What was said under each identifier, read where it was decided: never older than the last withdrawal. */
export async function readConsents(store: EventStore, subjects: readonly string[]): Promise<ReadonlyMap<string, ConsentState>> {
  const nameOf = (subject: string): string => streamName('consent', subject);
  const streams = await store.readStreams(subjects.map(nameOf));
  return new Map(
    subjects.map((subject) => {
      const stream = streams.get(nameOf(subject));
      return [
        subject,
        stream?.kind === 'open' ? stream.facts.reduce(consentDecider.evolve, consentDecider.initial) : consentDecider.initial,
      ];
    }),
  );
}

/** Verdicts in the order of the questions. */
export async function mayContact(reads: ConsentReads, questions: readonly ConsentQuestion[]): Promise<ConsentVerdict[]> {
  const { store, identity, keyring } = reads;
  const subjects = [...new Set(questions.map(({ subject }) => subject))];
  const customerOf = await identity.customersOf(subjects);
  const members = await identity.subjectsOf([...new Set(customerOf.values())]);
  const all = [...new Set([...subjects, ...[...members.values()].flat()])];
  const [said, groups, erased] = await Promise.all([readConsents(store, all), authorityGroupsOf(reads, subjects), keyring.erased(all)]);
  const saidOf = (subject: string): ReadonlyMap<string, ConsentState> => {
    const customer = members.get(customerOf.get(subject) ?? subject) ?? [];
    const own = customer.includes(subject) ? customer : [subject];
    return new Map(own.map((member) => [member, said.get(member) ?? consentDecider.initial]));
  };

  // Whom identity held for one when a yes was said: asked once a position.
  const asked = new Map<string, Set<string>>();
  for (const { subject, category, channel, at } of questions)
    for (const { position, subjects: pair } of pairsToAsk(saidOf(subject), category, channel ?? null, at)) {
      const wanted = asked.get(position) ?? new Set();
      for (const each of pair) wanted.add(each);
      asked.set(position, wanted);
    }
  const then = new Map(
    await Promise.all([...asked].map(async ([position, wanted]) => [position, await identity.customersOf([...wanted], position)] as const)),
  );

  return questions.map(({ subject, category, channel, at }) => {
    const own = saidOf(subject);
    return consentVerdict(
      {
        subject,
        authorityGroup: groups.get(subject) ?? [subject],
        said: own,
        together: (one, other, position) => {
          const customers = then.get(position);
          return one === other || (customers?.get(one) ?? one) === (customers?.get(other) ?? other);
        },
        erased: [...own.keys()].some((member) => erased.has(member)),
      },
      category,
      channel ?? null,
      at,
    );
  });
}

/**
 * How each of these subjects wants to be spoken to: the newest word on each field under the identifiers that verified links join with it.
 * What was said under one that only a browser or a person's merge ties to her does not change how she is reached.
 */
export async function preferencesOf(reads: ConsentReads, subjects: readonly string[]): Promise<readonly Preferences[]> {
  const groups = await authorityGroupsOf(reads, subjects);
  const streamsOf = (subject: string): readonly string[] =>
    [...new Set([subject, ...(groups.get(subject) ?? [])])].map((member) => streamName('preferences', member));
  const streams = await reads.store.readStreams(subjects.flatMap(streamsOf));
  return subjects.map((subject) =>
    streamsOf(subject)
      .flatMap((name) => {
        const stream = streams.get(name);
        return stream?.kind === 'open' ? stream.facts : [];
      })
      .sort((a, b) => comparePositions(a.position, b.position))
      .reduce(evolvePreferences, noPreferences),
  );
}
