import { askedBy, type CommandResult } from '@tsunagari/command';
import type { PolicyContent } from '@tsunagari/contracts';
import { commandRefused, fromGlobalId, toGlobalId } from '@tsunagari/graphql';
import type { Book } from '../book/book';
import type { PolicyContentInput, Resolvers } from '../generated/graphql';
import { momentOf, money, moneyOf, present } from '../offer/offer.resolver';
import type { ProposalsPorts } from '../proposals.subgraph';
import type { SubgraphContext } from '../subgraph.models';

const upper = <T extends string>(word: T): Uppercase<T> => word.toUpperCase() as Uppercase<T>;
const lower = <T extends string>(word: T): Lowercase<T> => word.toLowerCase() as Lowercase<T>;

export function policyResolvers({ commands, book, now }: ProposalsPorts): Resolvers {
  /** What was changed, read where it now stands. */
  const answer = async <T>(result: CommandResult, context: SubgraphContext, read: (book: Book) => T) => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const stands = await (result.position === null ? book.current() : book.containing(result.position));
    return { ...read(stands), position: result.position ?? '0', repeated: result.repeated };
  };
  const policyAnswer = (policyId: string, result: CommandResult, context: SubgraphContext) =>
    answer(result, context, ({ policies }) => ({ __typename: 'PolicyChanged' as const, policy: found(policies.get(policyId), policyId) }));

  return {
    Query: {
      decisionPolicies: async (_, __, { loaders }) => [...(await loaders.book()).policies.values()],
      purposeValues: async (_, __, { loaders }) =>
        [...(await loaders.book()).purposeValues.values()].map((value) => ({ ...value, value: money(value.value) })),
      holdouts: async (_, __, { loaders }) =>
        [...(await loaders.book()).holdouts.values()].map((holdout) => ({ ...holdout, slots: holdout.slots ?? null })),
    },

    DecisionPolicy: {
      __resolveReference: async ({ id }, { loaders }) => (await loaders.book()).policies.get(fromGlobalId('DecisionPolicy', id)) ?? null,
      id: ({ policyId }) => toGlobalId('DecisionPolicy', policyId),
      versions: ({ versions, waivers }) =>
        versions.map(({ policyVersion, content, hash, author }) => ({
          version: policyVersion,
          kind: upper(content.kind),
          currency: content.currency,
          shortList: content.shortList,
          exploration: content.exploration,
          temperature: content.temperature,
          priorRate: content.prior.rate,
          priorStrength: content.prior.strength,
          stratum: content.stratum ?? null,
          fatiguePerContact: content.fatigue?.perContact ?? 0,
          freeContacts: content.fatigue?.freeContacts ?? 0,
          undeclaredGoal: content.undeclaredGoal,
          draws: content.draws,
          toBeEvaluated: content.toBeEvaluated,
          maxLagSeconds: content.understanding.maxLagSeconds,
          whenOlder: upper(content.understanding.whenOlder),
          profiling: upper(content.profiling),
          validHours: content.validHours,
          reward: content.reward ?? null,
          hash,
          author,
          waivedUntil: waivers.filter((waiver) => waiver.policyVersion === policyVersion).at(-1)?.until ?? null,
        })),
      activeIn: async ({ policyId, retired }, _, { loaders }) =>
        retired !== null
          ? []
          : [...(await loaders.book()).active]
              .filter(([, activation]) => activation.policyId === policyId)
              .map(([slot, { policyVersion }]) => ({ slot, policyVersion })),
      retiredBecause: ({ retired }) => retired,
    },

    Mutation: {
      registerPolicy: async (_, { input }, context) =>
        policyAnswer(
          input.policyId,
          await commands.registerPolicy(
            { policyId: input.policyId, content: policyContent(input.content) },
            askedBy(input, context, now()),
          ),
          context,
        ),
      async waivePolicyEvaluation(_, { input }, context) {
        const { policyId, policyVersion, reason } = input;
        const command = { policyId, policyVersion, reason, until: momentOf(input.until) };
        return policyAnswer(policyId, await commands.waivePolicyEvaluation(command, askedBy(input, context, now())), context);
      },
      async activatePolicy(_, { input }, context) {
        const { policyId, policyVersion, slots } = input;
        const command = { policyId, policyVersion, slots: [...slots] };
        return policyAnswer(policyId, await commands.activatePolicy(command, askedBy(input, context, now())), context);
      },
      async retirePolicy(_, { input }, context) {
        const { policyId, reason } = input;
        return policyAnswer(policyId, await commands.retirePolicy({ policyId, reason }, askedBy(input, context, now())), context);
      },
      async setPurposeValue(_, { input }, context) {
        const { purposeId, reason } = input;
        const command = { purposeId, reason, value: moneyOf(input.value, 'value.amountMinor') };
        const result = await commands.setPurposeValue(command, askedBy(input, context, now()));
        return answer(result, context, ({ purposeValues }) => {
          const value = found(purposeValues.get(purposeId), purposeId);
          return { __typename: 'PurposeValueChanged' as const, purposeValue: { ...value, value: money(value.value) } };
        });
      },
      learnExperience: async (_, { input }, context) =>
        answer(await commands.learnExperience(askedBy(input, context, now())), context, ({ experience }) => ({
          __typename: 'ExperienceChanged' as const,
          offers: experience.size,
        })),
      async defineHoldout(_, { input }, context) {
        const { holdoutId, salt, from = 0, to } = input;
        const command = { holdoutId, salt, from, to, ...present({ slots: input.slots == null ? null : [...input.slots] }) };
        const result = await commands.defineHoldout(command, askedBy(input, context, now()));
        return answer(result, context, ({ holdouts }) => {
          const holdout = found(holdouts.get(holdoutId), holdoutId);
          return { __typename: 'HoldoutChanged' as const, holdout: { ...holdout, slots: holdout.slots ?? null } };
        });
      },
    },
  };
}

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new Error(`${id} was accepted and cannot be read`);
  return value;
}

/** What the SDL says too; a client that leaves a field out means these. */
const DEFAULTS = {
  shortList: 10,
  exploration: 0,
  temperature: 100,
  priorRate: 0.1,
  priorStrength: 20,
  undeclaredGoal: 0.25,
  fatiguePerContact: 0,
  freeContacts: 0,
  draws: 400,
  toBeEvaluated: false,
  maxLagSeconds: 3600,
  whenOlder: 'REFUSE' as const,
  profiling: 'GRANTED' as const,
  validHours: 168,
};

function policyContent(input: PolicyContentInput): PolicyContent {
  const given = { ...DEFAULTS, ...present(input) };
  return {
    kind: lower(input.kind),
    currency: input.currency,
    shortList: given.shortList,
    exploration: given.exploration,
    temperature: given.temperature,
    prior: { rate: given.priorRate, strength: given.priorStrength },
    ...present({ stratum: input.stratum }),
    ...(given.fatiguePerContact === 0 ? {} : { fatigue: { perContact: given.fatiguePerContact, freeContacts: given.freeContacts } }),
    undeclaredGoal: given.undeclaredGoal,
    draws: given.draws,
    toBeEvaluated: given.toBeEvaluated,
    understanding: { maxLagSeconds: given.maxLagSeconds, whenOlder: lower(given.whenOlder) },
    profiling: lower(given.profiling),
    validHours: given.validHours,
    ...present({ reward: input.reward }),
  };
}
