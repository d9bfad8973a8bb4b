import { momentOf } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import type { ProposalsPorts } from '../proposals.subgraph';
import { decisionTable } from './decision-table';
import { proposalBoard } from './proposal-board';
import { shownMetric } from './shown-metric';

export function proposalBoardResolvers(ports: ProposalsPorts): Resolvers {
  return {
    Query: {
      async proposalBoard(_, { slot, from, to }, { loaders }) {
        const rows = decisionTable(ports.table, {
          ...(slot == null ? {} : { slot }),
          ...(from == null ? {} : { from: momentOf(from) }),
          ...(to == null ? {} : { to: momentOf(to) }),
        });
        const { holdouts } = await loaders.book();
        const { acceptance, effects, ...counts } = await proposalBoard(rows, [...holdouts.values()]);
        return {
          ...counts,
          acceptance: shownMetric(acceptance),
          effects: effects.map(({ effect, sampleRatio, ...rest }) => ({
            ...rest,
            effect: shownMetric(effect),
            sampleRatioP: sampleRatio.p,
            sampleRatioMismatch: sampleRatio.mismatch,
          })),
        };
      },
    },
  };
}
