import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import {
  type closeOutcomeWindow,
  type Fact,
  type GoalAchieved,
  goalAchieved,
  goalRegained,
  type InputOf,
  refusal,
  streamName,
} from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { IdentityReader } from '@tsunagari/projection';
import { proposalDecider } from './proposal.decider';
import { placeOf } from './proposal.read-model';

/** Facts that say that a customer reached what an indicator measures. */
const REACHED: readonly string[] = [goalAchieved.type, goalRegained.type];
const MOST_EVIDENCE = 100;

/** 1 where a goal under the indicator was achieved, or regained, after the decision and before its window was over; else 0. Moments are ISO 8601. */
export function rewardWithin(
  facts: readonly Fact[],
  { indicator, decidedAt, closesAt }: { readonly indicator: string; readonly decidedAt: string; readonly closesAt: string },
): { readonly reward: 0 | 1; readonly evidenceIds: readonly string[] } {
  const evidence = facts.filter(
    ({ type, data, occurred }) =>
      REACHED.includes(type) && (data as GoalAchieved).indicatorId === indicator && occurred > decidedAt && occurred <= closesAt,
  );
  return { reward: evidence.length > 0 ? 1 : 0, evidenceIds: evidence.slice(0, MOST_EVIDENCE).map(({ id }) => id) };
}

/** Closes the window of a decision's reward: the outcome is attributed as the log tells it then, to the customer as she then is. */
export function outcomeWindows({
  path,
  journal,
  identity,
}: {
  readonly path: CommandPath;
  readonly journal: Pick<Journal, 'bySubjects'>;
  readonly identity: Pick<IdentityReader, 'membersOf'>;
}) {
  return async function close(
    { decisionId, indicator, windowDays, decidedAt }: InputOf<typeof closeOutcomeWindow>,
    asked: Asked,
  ): Promise<CommandResult> {
    const place = placeOf(decisionId);
    if (place === null)
      return {
        kind: 'refused',
        refusal: refusal('UNKNOWN_PROPOSAL', 'decisionId', 'only what was decided has an outcome'),
      };
    const { subject, slot, decision } = place;
    const { subjects } = await identity.membersOf(subject);
    const facts = await journal.bySubjects({ subjects: subjects.length === 0 ? [subject] : subjects, types: REACHED });
    const { reward, evidenceIds } = rewardWithin(facts, { indicator, decidedAt, closesAt: asked.at });
    return path.execute(proposalDecider, {
      stream: streamName('proposals', `${subject}.${slot}`),
      command: {
        kind: 'CloseOutcomeWindow',
        subject,
        at: asked.at,
        outcome: { slot, decision, indicator, windowDays, reward, evidenceIds: [...evidenceIds] },
      },
      // What the log says when it is tried again is no part of what was asked.
      body: { kind: 'CloseOutcomeWindow', decisionId, indicator, windowDays },
      ...envelopeOf(asked, 'proposals'),
    });
  };
}
