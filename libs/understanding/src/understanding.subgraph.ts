import { defineSubgraph, ofThePresent, type Subgraph } from '@tsunagari/graphql';
import { customer360Resolvers } from './attributes/customer-360.resolver';
import { definitionResolvers } from './definitions/definitions.resolver';
import { typeDefs } from './generated/graphql';
import { compareResolvers } from './compare/compare.resolver';
import { AS_OF, customerResolvers, OF_A_PART } from './customer.resolver';
import { costBoardResolvers } from './costs/cost-board.resolver';
import { revenueBoardResolvers } from './holdings/revenue-board.resolver';
import { outcomeBoardResolvers } from './outcomes/outcome-boards.resolver';
import { connectionBoardResolvers } from './reach/connection-board.resolver';
import { dissatisfactionBoardResolvers } from './experience/dissatisfaction-board.resolver';
import { guardCustomer } from './own-part';
import { lapseBoardResolvers } from './purchases/lapse-board.resolver';
import { measurementBoardResolvers } from './measurement/measurement-board.resolver';
import { generationResolvers } from './generations/generations.resolver';
import { liveResolvers } from './live/live.resolver';
import { modelResolvers } from './lifetime-value/model.resolver';
import { boardResolvers } from './board.resolver';
import { PROJECTIONS, READ_MODELS } from './read-models';
import { type UnderstandingLoaders, understandingLoaders, type UnderstandingPorts } from './understanding.loaders';

/** The subgraph that adds what is understood to Customer, and owns sorted lists, retention, totals, the timeline and the model. */
export function understandingSubgraph(ports: UnderstandingPorts): Subgraph {
  return defineSubgraph<UnderstandingLoaders>({
    name: 'understanding',
    typeDefs,
    resolvers: mergeResolvers(
      customerResolvers(ports),
      modelResolvers(ports),
      boardResolvers(ports),
      definitionResolvers(ports),
      customer360Resolvers(),
      revenueBoardResolvers(ports),
      connectionBoardResolvers(ports),
      outcomeBoardResolvers(ports),
      costBoardResolvers(ports),
      dissatisfactionBoardResolvers(ports),
      lapseBoardResolvers(ports),
      measurementBoardResolvers(ports),
      generationResolvers(ports),
      compareResolvers(ports),
      liveResolvers(ports, PROJECTIONS),
    ),
    createLoaders: (context) => understandingLoaders(ports, context),
    caughtUp: (position) => Promise.all(READ_MODELS.map((name) => ports.projections.waitFor(name, position))),
    ...(ports.onError ? { onError: ports.onError } : {}),
  });
}

/** All parts as one, with the caller's reach in front of every field of Customer, whoever adds it. */
function mergeResolvers(...parts: readonly Readonly<Record<string, object | undefined>>[]): object {
  const merged: Record<string, object> = {};
  for (const part of parts) for (const [type, fields] of Object.entries(part)) merged[type] = { ...merged[type], ...fields };
  const customer: Readonly<Record<string, unknown>> = { ...merged['Customer'] };
  const [past, present] = [true, false].map((isPast) =>
    Object.fromEntries(Object.entries(customer).filter(([name]) => AS_OF.includes(name) === isPast)),
  );
  return { ...merged, Customer: guardCustomer({ ...past, ...ofThePresent(present ?? {}) }, OF_A_PART) };
}
