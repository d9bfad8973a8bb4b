import { momentOf } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
import type { Resolvers } from '../generated/graphql';
import type { TouchpointsPorts } from '../touchpoints.subgraph';
import { twoWayBoard } from './two-way-board';

export function twoWayBoardResolvers(ports: TouchpointsPorts): Resolvers {
  return {
    Query: {
      async twoWayBoard(_, { from, to }) {
        const board = await twoWayBoard(ports, {
          ...(from == null ? {} : { from: momentOf(from) }),
          ...(to == null ? {} : { to: momentOf(to) }),
        });
        const { steps, seconds, completion } = board.cancelParity;
        return {
          reciprocity: shown(board.reciprocity),
          cancelParity: { steps: shown(steps), seconds: shown(seconds), completion: shown(completion) },
        };
      },
    },
  };
}

function shown({ value, reasonNull, unit, numerator, denominator, n, method, class: kind, ci, notes }: Metric) {
  return { value, reasonNull, unit, numerator, denominator, n, method, class: kind, ci: ci && [ci.low, ci.high], notes: [...notes] };
}
