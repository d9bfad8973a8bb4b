import {
  customerStrategyRevised,
  type CustomerStrategyRevised,
  defineCommand,
  valueModelPublished,
  type ValueModelPublished,
  valueModelRevised,
} from '@tsunagari/contracts';
import { defineReactor, send } from '@tsunagari/reactor';
import { z } from 'zod';

const text = z.string().min(1);
/** A strategy's value model was revised: somebody must look at the strategy. */
export const flagStrategy = defineCommand(
  'value',
  'FlagStrategyForReview',
  z.strictObject({ strategyId: text, valueModelId: text, reason: text }),
);
/** A value model's strategy was revised: somebody must look at the value model. */
export const flagValueModel = defineCommand(
  'value',
  'FlagValueModelForReview',
  z.strictObject({ strategyId: text, valueModelId: text, reason: text }),
);

/** Which value models are published for which strategy. */
type Ties = { readonly [valueModelId: string]: string };

/** Strategy and value model are tied both ways: revising one flags the other. One key: a tie joins two streams. */
export const reviewReactor = defineReactor<Ties>({
  name: 'value_reviews',
  version: 1,
  types: [valueModelPublished.type, valueModelRevised.type, customerStrategyRevised.type],
  key: () => 'ties',
  initial: {},
  evolve(ties, { type, data }) {
    if (type !== valueModelPublished.type) return ties;
    const { valueModelId, strategyId } = data as ValueModelPublished;
    return { ...ties, [valueModelId]: strategyId };
  },
  react({ type, data }, ties) {
    if (type === valueModelRevised.type) {
      const { valueModelId, reason } = data as { valueModelId: string; reason: string };
      const strategyId = ties[valueModelId];
      return strategyId === undefined ? [] : [send(flagStrategy, { strategyId, valueModelId, reason })];
    }
    if (type === customerStrategyRevised.type) {
      const { strategyId, reason } = data as CustomerStrategyRevised;
      return Object.entries(ties)
        .filter(([, tied]) => tied === strategyId)
        .map(([valueModelId]) => send(flagValueModel, { strategyId, valueModelId, reason }));
    }
    return [];
  },
});
