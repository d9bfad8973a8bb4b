import { askedBy, type CommandResult } from '@tsunagari/command';
import type { IdentifierType } from '@tsunagari/contracts';
import { commandRefused, failure, fromGlobalId, PAGE_LIMIT, toGlobalId } from '@tsunagari/graphql';
import { reachesSubject } from '@tsunagari/projection';
import type { Resolvers } from '../generated/graphql';
import { momentOf, present } from '../offer/offer.resolver';
import type { ProposalsPorts } from '../proposals.subgraph';
import type { ProposalModel, SubgraphContext } from '../subgraph.models';
import { type DecisionView, decisionId, openDecisions, placeOf, statusAt } from './proposal.read-model';
import { reasonsFor } from './words';

const upper = <T extends string>(word: T): Uppercase<T> => word.toUpperCase() as Uppercase<T>;

export function proposalsOf(decision: DecisionView): ProposalModel[] {
  return decision.proposals.map((proposal) => ({ decision, proposal }));
}

export function proposalResolvers(ports: ProposalsPorts): Resolvers {
  const { commands, deciding, explaining, keyring, runDecisions, now } = ports;

  /** A customer's own token reaches what verified links make hers, and nothing else. */
  const reaches = async ({ principal }: SubgraphContext, subject: string): Promise<void> => {
    if (!(await reachesSubject(ports, principal, subject)))
      throw failure('FORBIDDEN', 'You have no right to this.', { rule: 'a customer reaches only herself, along verified links' });
  };

  /** The key of an id, after checking that the caller may reach whom it is about. */
  const reached = async (type: 'Proposal' | 'Decision', id: string, field: string, context: SubgraphContext): Promise<string> => {
    const key = fromGlobalId(type, id, field);
    const place = placeOf(key);
    if (place !== null) await reaches(context, place.subject);
    return key;
  };

  /** The decision as the command left it. */
  const changed = async (key: string, result: CommandResult, context: SubgraphContext) => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const place = placeOf(key);
    const decision = place === null ? null : await explaining.decisionAt(place);
    if (decision === null) throw new Error(`decision of ${key} was changed and cannot be read`);
    return {
      __typename: 'ProposalsChanged' as const,
      decision,
      proposals: proposalsOf(decision),
      position: result.position ?? '0',
      repeated: result.repeated,
    };
  };

  const customerOf = async (input: {
    customerId?: string | null | undefined;
    identifier?: { type: Uppercase<IdentifierType>; value: string } | null | undefined;
  }): Promise<string> => {
    if ((input.customerId == null) === (input.identifier == null))
      throw failure('BAD_USER_INPUT', 'Name the customer once.', { field: 'customerId', rule: 'either customerId or identifier' });
    if (input.customerId != null) return fromGlobalId('Customer', input.customerId, 'customerId');
    const { type, value } = input.identifier as { type: Uppercase<IdentifierType>; value: string };
    const [known] = await keyring.subjectsOf([{ type: type.toLowerCase() as IdentifierType, value }], { create: false });
    // Whom nobody has seen is refused as an unknown customer.
    return known === undefined || known.kind === 'unknown' ? UNSEEN : known.subject;
  };

  return {
    Customer: {
      __resolveReference: ({ id }) => ({ customer: fromGlobalId('Customer', id) }),
      id: ({ customer }) => toGlobalId('Customer', customer),
      async proposals({ customer }, { slot, first }, context) {
        if (first < 1 || first > PAGE_LIMIT)
          throw failure('BAD_USER_INPUT', `first is ${first}.`, { field: 'first', rule: `from 1 to ${PAGE_LIMIT}` });
        await reaches(context, customer);
        const at = now();
        const open = openDecisions(await context.loaders.decisionsOf.load(customer), at).get(slot);
        return open === undefined
          ? []
          : proposalsOf(open)
              .filter(({ proposal }) => ['decided', 'presented', 'snoozed'].includes(statusAt(proposal, at)))
              .slice(0, first);
      },
    },

    Proposal: {
      __resolveReference: async ({ id }, context) => {
        const place = placeOf(fromGlobalId('Proposal', id));
        if (place === null || place.place === null) return null;
        await reaches(context, place.subject);
        const decision = await explaining.decisionAt(place);
        return (decision === null ? undefined : proposalsOf(decision)[place.place - 1]) ?? null;
      },
      id: ({ proposal }) => toGlobalId('Proposal', proposal.proposalId),
      slot: ({ decision }) => decision.slot,
      async offer({ proposal }, _, { loaders }) {
        const offer = (await loaders.book()).offers.get(proposal.offerId);
        if (offer === undefined) throw new Error(`offer ${proposal.offerId} was proposed and is not in the book`);
        return offer;
      },
      revision: ({ proposal }) => proposal.revision,
      status: ({ proposal }) => upper(statusAt(proposal, now())),
      place: ({ proposal }) => proposal.place,
      propensity: ({ proposal }) => proposal.propensity,
      decidedAt: ({ decision }) => decision.decidedAt,
      expiresAt: ({ proposal }) => proposal.expiresAt,
      snoozedUntil: ({ proposal }) => proposal.snoozedUntil,
      async reasons({ decision, proposal }, _, { loaders }) {
        const content = (await loaders.book()).offers.get(proposal.offerId)?.revisions[proposal.revision - 1];
        if (content === undefined) return [];
        const { shortList, chosen } = decision.data;
        const at = shortList.offer.indexOf(chosen[proposal.place - 1]?.offer ?? -1);
        const measured = shortList.basis.charAt(at) === 'm' && (shortList.goal[at] ?? 0) > 0;
        return [...reasonsFor(content.kind, content.purposeIds, { goalBasis: measured ? 'measured' : null })];
      },
      explanation: ({ decision }) => explaining.explained(decision),
      async customer({ decision }, _, context) {
        const customer = await context.loaders.owner.load(decision.subject);
        return customer === null ? null : { customer };
      },
      version: ({ decision }) => decision.version,
    },

    Decision: {
      __resolveReference: async ({ id }, context) => {
        const place = placeOf(fromGlobalId('Decision', id));
        if (place === null) return null;
        await reaches(context, place.subject);
        return explaining.decisionAt(place);
      },
      id: (decision) => toGlobalId('Decision', decisionId(decision)),
      expiresAt: ({ data }) => data.expiresAt,
      proposals: proposalsOf,
      outcomes: ({ outcomes }) => outcomes.map(({ indicator, reward, windowDays }) => ({ indicator, reward, windowDays })),
      explanation: (decision) => explaining.explained(decision),
    },

    Mutation: {
      async decideProposals(_, { input }, context) {
        const customer = await customerOf(input);
        if (customer !== UNSEEN) await reaches(context, customer);
        const decided = await deciding.decideProposals(
          { customer, slot: input.slot, count: input.count ?? 1 },
          askedBy(input, context, now()),
          context.loaders,
        );
        if (decided.kind === 'refused') return commandRefused(decided.refusal);
        const { decision, result } = decided;
        if (result.position !== null) context.appended(result.position);
        return {
          __typename: 'ProposalsDecided',
          decision,
          proposals: proposalsOf(decision),
          position: result.position ?? '0',
          repeated: result.repeated,
        };
      },
      async presentProposals(_, { input }, context) {
        const keys = await Promise.all(
          input.proposalIds.map((id, n) => reached(id.startsWith('Decision:') ? 'Decision' : 'Proposal', id, `proposalIds.${n}`, context)),
        );
        const command = { proposalIds: keys, ...present({ touchpointId: input.touchpointId }) };
        return changed(keys[0] ?? '', await commands.presentProposals(command, askedBy(input, context, now())), context);
      },
      async acceptProposal(_, { input }, context) {
        const proposalId = await reached('Proposal', input.proposalId, 'proposalId', context);
        return changed(proposalId, await commands.acceptProposal({ proposalId }, askedBy(input, context, now())), context);
      },
      async declineProposal(_, { input }, context) {
        const proposalId = await reached('Proposal', input.proposalId, 'proposalId', context);
        const command = { proposalId, ...present({ reason: input.reason }) };
        return changed(proposalId, await commands.declineProposal(command, askedBy(input, context, now())), context);
      },
      async snoozeProposal(_, { input }, context) {
        const proposalId = await reached('Proposal', input.proposalId, 'proposalId', context);
        const command = { proposalId, until: momentOf(input.until) };
        return changed(proposalId, await commands.snoozeProposal(command, askedBy(input, context, now())), context);
      },
      async withdrawProposal(_, { input }, context) {
        const proposalId = fromGlobalId('Proposal', input.proposalId, 'proposalId');
        const command = { proposalId, reason: input.reason };
        return changed(proposalId, await commands.withdrawProposal(command, askedBy(input, context, now())), context);
      },
      async fulfilProposal(_, { input }, context) {
        const proposalId = fromGlobalId('Proposal', input.proposalId, 'proposalId');
        return changed(proposalId, await commands.fulfilProposal({ proposalId }, askedBy(input, context, now())), context);
      },
      async attributeOutcome(_, { input }, context) {
        const key = fromGlobalId('Decision', input.decisionId, 'decisionId');
        const { indicator, reward, windowDays, evidenceIds = [] } = input;
        const command = { decisionId: key, indicator, reward, windowDays, evidenceIds: [...evidenceIds] };
        return changed(key, await commands.attributeOutcome(command, askedBy(input, context, now())), context);
      },
      async runDecisions(_, { input }, context) {
        const { slot, count = 1, audience, segmentId, dryRun, limit = 1000, after, policyId, policyVersion } = input;
        const ran = await runDecisions(
          {
            slot,
            count,
            dryRun,
            limit,
            after: after == null ? null : fromGlobalId('Customer', after, 'after'),
            ...present({ audience, segmentId }),
            ...(policyId == null ? {} : { policy: { policyId, policyVersion: policyVersion ?? 1 } }),
          },
          askedBy(input, context, now()),
        );
        if ('code' in ran) return commandRefused(ran);
        return {
          __typename: 'DecisionsRan',
          ...ran,
          offers: ran.offers.map(({ examples, ...offer }) => ({ ...offer, examples: examples.map((id) => toGlobalId('Customer', id)) })),
          excluded: ran.excluded.map(({ rule, ...counted }) => ({ ...counted, exclusion: rule })),
          refused: ran.refused.map(({ refusal: { code, rule }, customers }) => ({ code, rule, customers })),
          next: ran.next === null ? null : toGlobalId('Customer', ran.next),
        };
      },
    },
  };
}

/** No subject has this id. */
const UNSEEN = '00000000-0000-0000-0000-000000000000';
