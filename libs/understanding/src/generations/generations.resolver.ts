import { commandRefused, toGlobalId } from '@tsunagari/graphql';
import type { GenerationCommands, GenerationStatus, Refused } from '@tsunagari/projection';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { UnderstandingPorts } from '../understanding.loaders';

/** What operations see and do of generations. */
export function generationResolvers({ projections }: UnderstandingPorts): Resolvers {
  const changed = async (projection: string, outcome: { readonly kind: string } | Refused) => {
    if ('refusal' in outcome) return commandRefused(outcome.refusal);
    return { __typename: 'ProjectionChanged' as const, generations: await generationsOf(projections, projection) };
  };
  return {
    ProjectionStatus: {
      lagMs: ({ lagMs }) => within(lagMs),
      generations: ({ name, generations }) => (generations ? generations.map(shownGeneration) : generationsOf(projections, name)),
    },
    Mutation: {
      async startRebuild(_, { input: { projection, promotes, asOf } }, context) {
        const request = { by: actorOf(context), promotes, ...(asOf == null ? {} : { asOf }) };
        return changed(projection, await projections.startRebuild(projection, request));
      },
      async promoteProjection(_, { input: { projection, generation, acceptDifference } }, context) {
        return changed(projection, await projections.promote(projection, generation, { by: actorOf(context), acceptDifference }));
      },
      async rollBackProjection(_, { input: { projection } }, context) {
        return changed(projection, await projections.rollBack(projection, { by: actorOf(context) }));
      },
      async dropGeneration(_, { input: { projection, generation } }) {
        return changed(projection, await projections.drop(projection, generation));
      },
    },
  };
}

function actorOf({ principal }: SubgraphContext): string {
  return principal?.actor ?? 'system:understanding';
}

async function generationsOf(commands: GenerationCommands, projection: string) {
  return (await commands.generations()).filter((each) => each.projection === projection).map(shownGeneration);
}

/** A generation as the graph shows it. */
function shownGeneration({ phase, verification, remainingMs, facts, customers, ...status }: GenerationStatus) {
  return {
    ...status,
    facts: within(facts),
    customers: within(customers),
    remainingMs: remainingMs === null ? null : within(remainingMs),
    phase: phase.toUpperCase().replace('-', '_') as 'BUILDING' | 'CATCHING_UP' | 'VERIFYING' | 'READY' | 'DIFFERS' | 'FAILED',
    verification:
      verification === null
        ? null
        : {
            ...verification,
            differing: verification.differing.map(customerId),
            differingFromLive: verification.differingFromLive?.map(customerId) ?? null,
          },
  };
}

function customerId(customer: string): string {
  return toGlobalId('Customer', customer);
}

/** GraphQL's Int has 32 bits. */
function within(count: number): number {
  return Math.min(2_147_483_647, Math.round(count));
}
