import { momentOf } from '@tsunagari/graphql';
import { shownMetric } from '@tsunagari/metrics';
import type { Resolvers } from '../generated/graphql';
import type { TouchpointsPorts } from '../touchpoints.subgraph';
import { twoWayBoard } from './two-way-board';

export function twoWayBoardResolvers(ports: TouchpointsPorts): Resolvers {
  return {
    Query: {
      async twoWayBoard(_, { from, to }) {
        const asked = { from: from == null ? null : momentOf(from), to: to == null ? null : momentOf(to) };
        const board = await twoWayBoard(ports, {
          ...(asked.from === null ? {} : { from: asked.from }),
          ...(asked.to === null ? {} : { to: asked.to }),
        });
        const { steps, seconds, completion } = board.cancelParity;
        return {
          reciprocity: shownMetric(board.reciprocity, asked),
          cancelParity: {
            steps: shownMetric(steps, asked),
            seconds: shownMetric(seconds, asked),
            completion: shownMetric(completion, asked),
          },
        };
      },
    },
  };
}
