import type { Estimate, TransactionModelKind } from '@tsunagari/clv';
import { refusal } from '@tsunagari/contracts';
import { commandRefused, toGlobalId } from '@tsunagari/graphql';
import { dayOf } from '../calendar';
import { shownJob } from '../board.resolver';
import type { Resolvers } from '../generated/graphql';
import { jobById } from '../jobs';
import type { UnderstandingPorts } from '../understanding.loaders';
import { startLifetimeValueFit } from './fit-lifetime-value';

/** Facts of before intervals could be open say no reason. */
type KeptEstimate = Omit<Estimate, 'reason'> & Partial<Pick<Estimate, 'reason'>>;

type Verdict = {
  readonly identified: boolean;
  readonly reason: string;
  readonly estimates: readonly KeptEstimate[];
  readonly spend: {
    readonly populationMean?: number;
    readonly correlation?: number;
    readonly warning?: string | null;
    readonly estimates?: readonly KeptEstimate[];
  };
};

type Tested = {
  readonly calibrationEnd: string;
  readonly holdoutEnd: string;
  readonly customers: number;
  readonly actual: number;
  readonly predicted: number;
  readonly bias: number | null;
  readonly auc: number | null;
  readonly aucRecency: number | null;
  readonly brier: number;
  readonly money: { readonly bias: number | null } | null;
  readonly deciles: readonly {
    readonly decile: number;
    readonly customers: number;
    readonly predicted: number;
    readonly actual: number;
    readonly probability: number;
    readonly bought: number;
  }[];
};

/** `ModelFitted` keeps these as plain JSON; they were written by `fitModel`. */
function verdictOf(model: { readonly verdict: unknown }): Verdict {
  return model.verdict as Verdict;
}

function shownParameter({ name, value, standardError, low, high, reason = null }: KeptEstimate) {
  return { name, value, standardError, low, high, reasonNull: reason };
}

/** The fitted model, its verdict and its back-test; and the command that fits it anew. */
export function modelResolvers(ports: UnderstandingPorts): Resolvers {
  const { pool, store, keyring, projections, onError = () => undefined } = ports;
  return {
    Query: {
      async model(_, { asOf }, { loaders }) {
        return asOf == null ? loaders.model() : loaders.modelAsOf(await projections.momentOf(asOf));
      },
    },

    FittedModel: {
      id: ({ modelId }) => toGlobalId('FittedModel', modelId),
      kind: ({ transactions }) => transactions.kind,
      dropoutIdentified: (model) => verdictOf(model).identified,
      verdict: (model) => verdictOf(model).reason,
      parameters: (model) => verdictOf(model).estimates.map(shownParameter),
      spend: (model) => {
        if (model.spend === null) return null;
        const { populationMean = null, correlation = null, warning = null, estimates = [] } = verdictOf(model).spend;
        return { kind: model.spend.kind, populationMean, correlation, warning, parameters: estimates.map(shownParameter) };
      },
      returnRate: ({ returns }) => returns.parameters.rate,
      backTest: ({ backTest }) => {
        if (backTest === null) return null;
        const { money, deciles, ...tested } = backTest as unknown as Tested;
        return { ...tested, moneyBias: money?.bias ?? null, deciles: [...deciles] };
      },
    },

    Mutation: {
      async fitModel(_, { input }, context) {
        const lastDay = await context.loaders.lastDay();
        const asOfDay = input?.asOfDay ?? (lastDay === null ? null : dayOf(lastDay));
        if (asOfDay === null)
          return commandRefused(
            refusal(
              'MISSING_FIELD',
              'input.asOfDay',
              'some day is closed, or asOfDay says where the histories end',
              'close the days first',
            ),
          );
        const { position } = await context.loaders.freshness('purchases');
        const fit = await startLifetimeValueFit({
          pool,
          store,
          keyring,
          position: () => Promise.resolve(position),
          asOfDay,
          actor: context.principal?.subject ?? 'system:understanding',
          ...(input?.model == null ? {} : { model: input.model.toLowerCase().replace('_', '-') as TransactionModelKind }),
          ...(input?.calibrationEnd == null ? {} : { calibrationEnd: input.calibrationEnd }),
          ...(input?.currency == null ? {} : { currency: input.currency }),
        });
        // The mutation answers now; what becomes of the work stands in the job.
        if (fit.kind === 'started') fit.ended.catch((error: unknown) => onError(error, context));
        const job = fit.job === null ? null : await jobById(pool, fit.job);
        if (job === null) return commandRefused(refusal('OVERLOADED', null, 'one fit at a time', 'try again in a moment'));
        return { __typename: 'FitModelStarted', job: shownJob(job), underWay: fit.kind === 'busy' };
      },
    },
  };
}
