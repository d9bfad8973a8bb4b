import { momentOf } from '@tsunagari/graphql';
import { shownMetric } from '@tsunagari/metrics';
import type { Resolvers } from '../generated/graphql';
import type { ProposalsPorts } from '../proposals.subgraph';
import { decisionTable } from './decision-table';
import { proposalBoard } from './proposal-board';
import { freshnessOf, shownCurve } from './shown-curve';

export function proposalBoardResolvers(ports: ProposalsPorts): Resolvers {
  return {
    Query: {
      async proposalBoard(_, { slot, from, to }, { loaders }) {
        const asked = { from: from == null ? null : momentOf(from), to: to == null ? null : momentOf(to) };
        const freshness = await freshnessOf(ports.table.log);
        const rows = decisionTable(ports.table, {
          ...(slot == null ? {} : { slot }),
          ...(asked.from === null ? {} : { from: asked.from }),
          ...(asked.to === null ? {} : { to: asked.to }),
        });
        const { holdouts } = await loaders.book();
        const { acceptance, effects, ...counts } = await proposalBoard(rows, [...holdouts.values()]);
        return {
          ...counts,
          acceptance: shownMetric(acceptance, asked),
          effects: effects.map(({ effect, sampleRatio, uplift, ...rest }) => ({
            ...rest,
            effect: shownMetric(effect, asked),
            sampleRatioP: sampleRatio.p,
            sampleRatioMismatch: sampleRatio.mismatch,
            uplift: shownCurve(uplift, asked),
          })),
          freshness,
        };
      },
    },
  };
}
