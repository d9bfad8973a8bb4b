import { type Position, proposalDecided } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { type LiveFeed, liveFeed } from '@tsunagari/graphql';
import type { IdentityReader, ProjectionRunner } from '@tsunagari/projection';
import { type DecisionView, foldDecisions } from './proposal.read-model';

/** A decision as it was made. */
export type DecisionMade = { readonly position: Position; readonly decision: DecisionView };

/** Decisions that were made, and whose customer each subject is that they name or somebody follows. */
export type MadeDecisions = { readonly made: readonly DecisionMade[]; readonly owners: ReadonlyMap<string, string> };

export type DecisionFeed = LiveFeed<MadeDecisions>;

/** Decisions as identity knows whose they are: nothing else is read to tell of them. */
export function decisionFeed({
  log,
  identity,
  projections,
  onError,
}: {
  readonly log: EventLog;
  readonly identity: Pick<IdentityReader, 'customersOf'>;
  readonly projections: Pick<ProjectionRunner, 'position' | 'onMoved'>;
  readonly onError?: (error: unknown) => void;
}): DecisionFeed {
  return liveFeed<MadeDecisions>({
    log,
    types: [proposalDecided.type],
    taken: () => projections.position('identity'),
    onMoved: (listener) => projections.onMoved(listener),
    onError,
    async prepare(facts, followed) {
      const made = facts.flatMap((fact) => foldDecisions([fact])).map((decision) => ({ position: decision.position, decision }));
      const subjects = [...new Set([...made.map(({ decision }) => decision.subject), ...followed])];
      return { made, owners: await identity.customersOf(subjects) };
    },
  });
}
