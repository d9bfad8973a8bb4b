import { momentOf } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
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
          reciprocity: shown(board.reciprocity, asked),
          cancelParity: { steps: shown(steps, asked), seconds: shown(seconds, asked), completion: shown(completion, asked) },
        };
      },
    },
  };
}

/** A metric with the period that was asked about; null of all time. */
function shown(
  { value, reasonNull, unit, numerator, denominator, n, partial, method, definitionVersion, class: kind, ci, notes }: Metric,
  { from, to }: { readonly from: string | null; readonly to: string | null },
) {
  return {
    ...{ value, reasonNull, unit, numerator, denominator, n, partial, method, definitionVersion, class: kind },
    interval: from === null && to === null ? null : { from, to },
    ci: ci && [ci.low, ci.high],
    notes: [...notes],
  };
}
