import { failure } from '@tsunagari/graphql';
import type { Metric } from '@tsunagari/metrics';
import { dayOf } from '../calendar';
import { closedDay } from '../days/closed-day';
import { boardMoment } from '../definitions/board-moment';
import type { Resolvers } from '../generated/graphql';
import type { UnderstandingPorts } from '../understanding.loaders';
import { connectionBoard } from './connection-board.query';

/** What the board stands on. */
const READS = ['reach', 'profile', 'purchases', 'holdings', 'experience'] as const;

export function connectionBoardResolvers(ports: Pick<UnderstandingPorts, 'pool' | 'log' | 'projections'>): Resolvers {
  return {
    Query: {
      async connectionBoard(_, { usedWithinDays, asOfLabel }, { loaders }) {
        if (!(usedWithinDays >= 1 && usedWithinDays <= 365))
          throw failure('BAD_USER_INPUT', 'This is no number of days.', { field: 'usedWithinDays', rule: 'from 1 to 365' });
        const at = await boardMoment(ports, loaders, READS, asOfLabel);
        const day = await closedDay(at);
        const board = await connectionBoard(ports, day, usedWithinDays, {}, at);
        const shown = (made: Metric) => ({ ...made, projection: 'reach' as const, asOfDay: dayOf(day), read: at.freshness });
        return {
          alwaysConnected: shown(board.alwaysConnected),
          returnPath: shown(board.returnPath),
          outbound: shown(board.outbound),
          inUse: shown(board.inUse),
          inUseOfConnected: shown(board.inUseOfConnected),
          touchpoints: [...board.touchpoints],
          asOfDay: dayOf(day),
          freshness: await at.freshness(),
        };
      },
    },
  };
}
