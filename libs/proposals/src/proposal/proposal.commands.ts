import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { refusal, streamName } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { IdentityReader } from '@tsunagari/projection';
import type { BookReader } from '../book/book';
import { circumstanceTypes, openRequests } from './circumstances';
import { LONGEST_SNOOZE_DAYS, type ProposalCommand, proposalDecider } from './proposal.decider';
import { placeOf, type ProposalPlace } from './proposal.read-model';

/** What follows a decision: she sees it, takes it, leaves it; the brand keeps or takes back its word. */
export function proposalCommands(ports: {
  readonly path: CommandPath;
  readonly journal: Journal;
  readonly identity: IdentityReader;
  readonly book: BookReader;
}) {
  const { path, journal, identity, book } = ports;

  function execute({ subject, slot }: ProposalPlace, command: ProposalCommand, asked: Asked): Promise<CommandResult> {
    // What was looked up for it, and the moment, are no part of what was asked.
    const { at: _, offers: __, requests: ___, latest: ____, ...body } = { offers: 0, requests: 0, latest: 0, ...command };
    return path.execute(proposalDecider, {
      stream: streamName('proposals', `${subject}.${slot}`),
      command,
      body,
      ...envelopeOf(asked, 'proposals'),
    });
  }

  type Answered = { readonly proposalId: string };
  /** A command about one proposal. */
  const answer =
    <Input extends Answered>(
      make: (input: Input, asked: Asked) => DistributiveOmit<ProposalCommand, 'subject' | 'at' | 'decision' | 'place'> & object,
    ) =>
    async (input: Input, asked: Asked): Promise<CommandResult> => {
      const place = placeOf(input.proposalId);
      if (place === null || place.place === null) return { kind: 'refused', refusal: unknown };
      const { subject, decision } = place;
      const command = { subject, at: asked.at, decision, place: place.place, ...make(input, asked) } as ProposalCommand;
      return execute(place, command, asked);
    };

  return {
    /** All of one decision: what she sees on one page, in one place. */
    async presentProposals(
      { proposalIds, touchpointId }: { readonly proposalIds: readonly string[]; readonly touchpointId?: string },
      asked: Asked,
    ): Promise<CommandResult> {
      const places = proposalIds.map(placeOf);
      const [first] = places;
      if (first == null || places.some((place) => place === null || (place.place === null && proposalIds.length > 1)))
        return { kind: 'refused', refusal: { ...unknown, field: 'proposalIds' } };
      if (places.some((place) => place?.subject !== first.subject || place.slot !== first.slot || place.decision !== first.decision))
        return {
          kind: 'refused',
          refusal: refusal('INVALID_FIELD', 'proposalIds', 'all of them are of one decision', 'present the others in a call of their own'),
        };
      const [{ offers }, { subjects }] = await Promise.all([book.current(), identity.membersOf(first.subject)]);
      const facts = await journal.bySubjects({ subjects: subjects.length === 0 ? [first.subject] : subjects, types: circumstanceTypes });
      return execute(
        first,
        {
          kind: 'PresentProposals',
          subject: first.subject,
          at: asked.at,
          decision: first.decision,
          places: places.flatMap((place) => place?.place ?? []),
          ...(touchpointId === undefined ? {} : { touchpointId }),
          requests: openRequests(facts),
          offers: Object.fromEntries(
            [...offers.values()].map(({ offerId, revisions, withdrawn }) => [
              offerId,
              { kind: revisions.at(-1)?.kind ?? '', withdrawn: withdrawn !== null },
            ]),
          ),
        },
        asked,
      );
    },

    acceptProposal: answer((_: Answered, { by }) => ({ kind: 'AcceptProposal', by })),
    declineProposal: answer(({ reason }: Answered & { readonly reason?: string }) => ({
      kind: 'DeclineProposal',
      ...(reason === undefined ? {} : { reason }),
    })),
    snoozeProposal: answer(({ until }: Answered & { readonly until: string }, { at }) => ({
      kind: 'SnoozeProposal',
      until,
      latest: new Date(Date.parse(at) + LONGEST_SNOOZE_DAYS * 86_400_000).toISOString(),
    })),
    withdrawProposal: answer(({ reason }: Answered & { readonly reason: string }, { by }) => ({ kind: 'WithdrawProposal', reason, by })),
    fulfilProposal: answer((_: Answered, { by }) => ({ kind: 'FulfilProposal', by })),

    async attributeOutcome(
      input: {
        readonly decisionId: string;
        readonly indicator: string;
        readonly reward: number;
        readonly windowDays: number;
        readonly evidenceIds: readonly string[];
      },
      asked: Asked,
    ): Promise<CommandResult> {
      const place = placeOf(input.decisionId);
      if (place === null) return { kind: 'refused', refusal: { ...unknown, field: 'decisionId' } };
      const { indicator, reward, windowDays, evidenceIds } = input;
      const outcome = { slot: place.slot, decision: place.decision, indicator, reward, windowDays, evidenceIds: [...evidenceIds] };
      return execute(place, { kind: 'AttributeOutcome', subject: place.subject, at: asked.at, outcome }, asked);
    },

    /** What nobody answered in time: a timer says so. */
    async expireDecision({ decisionId }: { readonly decisionId: string }, asked: Asked): Promise<CommandResult> {
      const place = placeOf(decisionId);
      if (place === null) return { kind: 'refused', refusal: { ...unknown, field: 'decisionId' } };
      return execute(place, { kind: 'ExpireDecision', subject: place.subject, at: asked.at, decision: place.decision }, asked);
    },
  };
}

export type ProposalCommands = ReturnType<typeof proposalCommands>;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const unknown = refusal('UNKNOWN_PROPOSAL', 'proposalId', 'only what was decided can be presented and answered');
