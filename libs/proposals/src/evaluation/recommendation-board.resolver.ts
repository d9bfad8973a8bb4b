import { failure, momentOf } from '@tsunagari/graphql';
import { shownMetric } from '@tsunagari/metrics';
import type { Resolvers } from '../generated/graphql';
import type { ProposalsPorts } from '../proposals.subgraph';
import { decisionTable } from './decision-table';
import { firstSeenIn, recommendationBoard } from './recommendation-board';
import { freshnessOf } from './shown-curve';

const MOST_ITEMS = 20;

export function recommendationBoardResolvers({ table, journal, identity }: ProposalsPorts): Resolvers {
  return {
    Query: {
      async recommendationBoard(_, { slot, from, to, k }) {
        if (!(k >= 1 && k <= MOST_ITEMS))
          throw failure('BAD_USER_INPUT', 'This is no length of a list.', { field: 'k', rule: `from 1 to ${MOST_ITEMS}` });
        const asked = { from: from == null ? null : momentOf(from), to: to == null ? null : momentOf(to) };
        const freshness = await freshnessOf(table.log);
        const rows = decisionTable(table, {
          ...(slot == null ? {} : { slot }),
          ...(asked.from === null ? {} : { from: asked.from }),
          ...(asked.to === null ? {} : { to: asked.to }),
        });
        const board = await recommendationBoard(rows, k, firstSeenIn(journal, identity));
        return {
          k,
          shown: board.shown,
          precision: shownMetric(board.precision, asked),
          precisionByTenure: board.precisionByTenure.map(({ tenure, precision }) => ({
            fromMonths: tenure.from,
            toMonths: tenure.to,
            precision: shownMetric(precision, asked),
          })),
          listDistance: shownMetric(board.listDistance, asked),
          freshness,
        };
      },
    },
  };
}
