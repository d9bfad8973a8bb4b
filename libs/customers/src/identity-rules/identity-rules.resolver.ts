import { askedBy } from '@tsunagari/command';
import { identifierTypeSchema } from '@tsunagari/contracts';
import { commandRefused, failure, toGlobalId } from '@tsunagari/graphql';
import { defaultIdentityRules, type IdentityRules, LIMIT_OF_OTHERS } from '@tsunagari/identity';
import type { CustomersPorts } from '../customers.subgraph';
import type { IdentityRulesInput, Resolvers } from '../generated/graphql';
import type { WishedRules } from './identity-rules.decider';

/** Examples that an answer can show. */
const MOST_EXAMPLES = 100;

export function identityRulesResolvers({ identity, identityRules: commands, waitFor, now }: CustomersPorts): Resolvers {
  return {
    Query: {
      identityRules: async () => (await identity.rules()).rules,
      async identityPreview(_, { rules, atLeast }) {
        if (atLeast != null) await waitFor(atLeast);
        return identity.preview(rulesOf(wished(rules, 'rules')), { examples: MOST_EXAMPLES });
      },
    },

    IdentityRules: {
      limits: ({ limits, windows }) =>
        Object.entries(limits).map(([type, limit]) => ({ type: typeOf(type), limit, withinDays: windows[type] ?? null })),
      priority: ({ priority }) => priority.map(typeOf),
      limitOfOthers: () => LIMIT_OF_OTHERS,
    },

    IdentityPreview: {
      merging: ({ merging }, { first }) =>
        merging.slice(0, some(first)).map(({ customer, customers }) => ({
          survivorId: toGlobalId('Customer', customer),
          customerIds: customers.map((each) => toGlobalId('Customer', each)),
        })),
      apart: ({ apart }, { first }) =>
        apart.slice(0, some(first)).map(({ customer, into }) => ({
          customerId: toGlobalId('Customer', customer),
          intoIds: into.map((each) => toGlobalId('Customer', each)),
        })),
    },

    Mutation: {
      async changeIdentityRules(_, { input }, context) {
        const rules = wished(input.rules, 'input.rules');
        const result = await commands.changeIdentityRules(rules, askedBy(input, context, now()));
        if (result.kind === 'refused') return commandRefused(result.refusal);
        if (result.position !== null) {
          context.appended(result.position);
          await waitFor(result.position);
        }
        return {
          __typename: 'IdentityRulesChangedPayload',
          rules: (await identity.rules()).rules,
          position: result.position ?? '0',
          repeated: result.repeated,
        };
      },
    },
  };
}

/** The rules that a wish makes: as a recorded change would be applied. The version is that of nothing yet. */
function rulesOf({ limits, windows, priority, clusterLimit }: WishedRules): IdentityRules {
  return { version: 0, limits: { ...defaultIdentityRules.limits, ...limits }, windows, priority, clusterLimit };
}

function wished({ limits, priority, clusterLimit }: IdentityRulesInput, field: string): WishedRules {
  if (clusterLimit < 2)
    throw failure('BAD_USER_INPUT', 'A customer may have two identifiers at least.', {
      field: `${field}.clusterLimit`,
      rule: 'at least 2',
    });
  const [named, windows]: [WishedRules['limits'], WishedRules['windows']] = [{}, {}];
  for (const [n, { type, limit, withinDays }] of limits.entries()) {
    const known = recordedType(type);
    if (limit < 1 || (withinDays ?? 1) < 1 || named[known] !== undefined)
      throw failure('BAD_USER_INPUT', 'Each type has one limit.', {
        field: `${field}.limits.${n}`,
        rule: 'every type once, each limit and each number of days at least 1',
      });
    named[known] = limit;
    if (withinDays != null) windows[known] = withinDays;
  }
  const strongestFirst = (priority ?? []).map(recordedType);
  if (new Set(strongestFirst).size < strongestFirst.length)
    throw failure('BAD_USER_INPUT', 'Each type has one place.', { field: `${field}.priority`, rule: 'every type once' });
  return { limits: named, windows, priority: strongestFirst, clusterLimit };
}

function some(first: number | null | undefined): number {
  return Math.min(Math.max(0, first ?? 20), MOST_EXAMPLES);
}

function recordedType(type: string): (typeof identifierTypeSchema)['_output'] {
  return identifierTypeSchema.parse(type.toLowerCase());
}

function typeOf(type: string): Uppercase<(typeof identifierTypeSchema)['_output']> {
  return identifierTypeSchema.parse(type).toUpperCase() as Uppercase<(typeof identifierTypeSchema)['_output']>;
}
