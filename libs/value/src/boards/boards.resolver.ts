import { askedBy } from '@tsunagari/command';
import type { Indicator } from '@tsunagari/contracts';
import { answer, momentOf, upper } from '@tsunagari/graphql';
import {
  achievementRate,
  daysBetween,
  type Metric,
  medianTime,
  sustainRate,
  timeToValue,
  tuningCadence,
  tuningHitRate,
} from '@tsunagari/metrics';
import type { Resolvers } from '../generated/graphql';
import { measuringIndicator } from '../goal/goal.commands';
import type { Goal } from '../goal/goal.state';
import type { Purpose } from '../purpose/purpose.decider';
import type { SubgraphContext } from '../subgraph.models';
import type { TuningCycle } from '../tuning/tuning-cycle.decider';
import type { ValuePorts } from '../value.subgraph';
import { goalHistories } from './goal-histories';
import { fourQuestions } from './readiness';

/** Rows of a board that are read at once. */
const BATCH = 1000;

export function boardResolvers(ports: ValuePorts): Resolvers {
  const { readModels, identity, send, now } = ports;

  async function purposesOf(strategyId: string, context: SubgraphContext) {
    const models = await all(
      (after) => readModels.valueModels.page({ where: { strategy: strategyId }, after, limit: BATCH }),
      readModels.valueModels.cursorOf,
    );
    const ids = models.map(({ key }) => key);
    const rows = ids.length === 0 ? [] : await readModels.purposes.page({ where: { value_model: ids, status: 'defined' }, limit: BATCH });
    const purposes = await context.loaders.purpose.loadMany(rows.map(({ key }) => key));
    return {
      models: models.flatMap(({ state }) => state ?? []),
      purposes: purposes.flatMap((one) => (one instanceof Error || one === null ? [] : [one])),
    };
  }

  async function goalsOf(purposeId: string): Promise<readonly Goal[]> {
    const rows = await all(
      (after) => readModels.goals.page({ where: { purpose: purposeId }, after, limit: BATCH }),
      readModels.goals.cursorOf,
    );
    return rows.flatMap(({ state }) => state ?? []);
  }

  async function outcomesOf(purpose: Purpose, asOf: string, withinDays: number, version: number | null) {
    const used = indicatorUsed(purpose, version);
    if (!used) return undefined;
    const goals = await goalsOf(purpose.purposeId);
    const customers = await identity.customersOf([...new Set(goals.map(({ subject }) => subject))]);
    const histories = goalHistories(goals, (subject) => customers.get(subject) ?? subject, used.indicator, asOf);
    const asked = { definitionVersion: used.indicatorVersion };
    const { sustainForDays } = used.indicator;
    const achieved = histories.flatMap(({ achieved: at, after }) =>
      at === null ? [] : [{ achieved: at, after: after ?? ('unknown' as const) }],
    );
    const achievement = achievementRate(asked, histories, { withinDays, asOf });
    return {
      ...{ indicatorId: used.indicatorId, indicatorVersion: used.indicatorVersion },
      achievement: achievement.value,
      metrics: [
        named('achievement', achievement),
        named('sustain', sustainRate(asked, achieved, { sustainDays: sustainForDays, asOf })),
        named('timeToValue', timeToValue(asked, histories, asOf)),
      ],
    };
  }

  async function answersFor(strategyId: string, context: SubgraphContext) {
    const [{ models, purposes }, services, readiness] = await Promise.all([
      purposesOf(strategyId, context),
      readModels.services.page({ limit: BATCH }),
      readModels.readiness.get(['deployment']),
    ]);
    return fourQuestions({
      valueModels: models,
      purposes,
      services: services.flatMap(({ state }) => state ?? []),
      readiness: readiness.get('deployment') ?? { offers: {}, models: 0 },
    });
  }

  return {
    Query: {
      async kpiBoard(_, { strategyId, asOf, withinDays, indicatorVersion }, context) {
        const strategy = await context.loaders.strategy.load(strategyId);
        if (!strategy) return null;
        const position = await ports.position();
        const moment = asOf == null ? now() : momentOf(asOf);
        const { purposes } = await purposesOf(strategyId, context);
        const boards = await Promise.all(purposes.map((purpose) => outcomesOf(purpose, moment, withinDays, indicatorVersion ?? null)));
        return {
          strategy,
          asOf: moment,
          position,
          unmeasured: purposes.filter((_one, n) => boards[n] === undefined),
          purposes: purposes.flatMap((purpose, n) => {
            const board = boards[n];
            if (!board) return [];
            const { achievement, ...shown } = board;
            const target = purpose.kpi?.target ?? null;
            const targetReached = target === null || achievement === null ? null : achievement >= Number(target);
            return [{ purpose, target, targetReached, ...shown }];
          }),
        };
      },
      async monitorBoard(_, { strategyId, period: wanted }, context) {
        const { purposes } = await purposesOf(strategyId, context);
        const period = wanted == null ? null : { ...wanted };
        return purposes.flatMap((purpose) => purpose.resultMetrics.map((metricId) => ({ metricId, purpose, period })));
      },
      async tuningCadence(_, { serviceId, asOf }, context) {
        const moment = asOf == null ? now() : momentOf(asOf);
        const where = serviceId == null ? {} : { service: serviceId };
        const rows = await all((after) => readModels.cycles.page({ where, after, limit: BATCH }), readModels.cycles.cursorOf);
        const cycles = rows.flatMap(({ state }) => state ?? []).filter(({ openedAt }) => openedAt <= moment);
        const services = (await readModels.services.page({ limit: BATCH })).filter(({ key }) => serviceId == null || key === serviceId);
        const late = new Set(cycles.filter((cycle) => isLate(cycle, moment)).map((cycle) => cycle.serviceId));
        const tuned = new Set(cycles.filter(({ closedAt }) => closedAt === null).map((cycle) => cycle.serviceId));
        const overdue = services.filter(({ key, state }) => {
          const launched = state !== null && state.launchedAt !== null && state.stage !== 'retired';
          return launched && (late.has(key) || !tuned.has(key));
        });
        const shown = await context.loaders.service.loadMany(overdue.map(({ key }) => key));
        return {
          asOf: moment,
          metrics: await cadenceMetrics(cycles, moment, context),
          overdue: shown.flatMap((one) => (one instanceof Error || one === null ? [] : [one])),
        };
      },
      async fourQuestions(_, { strategyId }, context) {
        const strategy = await context.loaders.strategy.load(strategyId);
        if (!strategy) return null;
        const { questions, gaps } = await answersFor(strategyId, context);
        return {
          strategy,
          gaps: [...gaps],
          questions: questions.map(({ question, answered, by }) => ({ question: upper(question), answered, by: [...by] })),
        };
      },
    },

    // Asked for as it is shown: without understanding a board still lists what is watched.
    MonitoredResult: {
      lagging: () => true,
      async metric({ metricId, period }, _, { loaders }) {
        const answer = await loaders.metric.load({ metricId, period });
        if (answer.kind !== 'measured') return null;
        const { interval, ci, ...metric } = answer;
        const { from = null, to = null, timeZone = null } = interval ?? {};
        return { ...metric, from, to, timeZone, ci: ci && [ci.low, ci.high] };
      },
      async missing({ metricId, period }, _, { loaders }) {
        const answer = await loaders.metric.load({ metricId, period });
        return answer.kind === 'measured' ? null : answer.kind === 'undefined' ? 'METRIC_NOT_DEFINED' : answer.why;
      },
    },

    Mutation: {
      async assessRetentionReadiness(_, { input }, context) {
        const { strategyId } = input;
        const body = { kind: 'AssessRetentionReadiness' as const, strategyId };
        const { questions, gaps } = await answersFor(strategyId, context);
        const command = { ...body, questions: questions.map((one) => ({ ...one, by: [...one.by] })), gaps: [...gaps] };
        const result = await send.strategy(strategyId, command, askedBy(input, context, now()), body);
        return answer(result, context, async (written) => {
          const strategy = await context.loaders.strategy.clear(strategyId).load(strategyId);
          if (!strategy) throw new Error(`strategy ${strategyId} was accepted and cannot be read`);
          return { __typename: 'CustomerStrategyChanged' as const, strategy, ...written };
        });
      },
    },
  };

  async function cadenceMetrics(cycles: readonly TuningCycle[], moment: string, context: SubgraphContext) {
    const due = cycles.filter((cycle) => cycle.dueBy <= moment || decidedAt(cycle) !== undefined);
    const inTime = due.filter((cycle) => (decidedAt(cycle) ?? '9') <= cycle.dueBy);
    const ids = cycles.flatMap(({ tunings }) => tunings.map(({ tuningId }) => tuningId));
    const tunings = (await context.loaders.tuning.loadMany(ids)).flatMap((one) => (one instanceof Error || one === null ? [] : [one]));
    const waits = cycles.flatMap(({ cycleId, findings }) =>
      findings.slice(0, 1).map(({ at }) => {
        const applied = tunings
          .filter((one) => one.cycleId === cycleId)
          .map(({ appliedAt }) => appliedAt)
          .sort()[0];
        return { duration: daysBetween(at, applied ?? moment) * 86_400, happened: applied !== undefined };
      }),
    );
    return [
      named('cadence', tuningCadence({}, { inTime: inTime.length, due: due.length })),
      named(
        'hitRate',
        tuningHitRate(
          {},
          tunings.flatMap(({ evaluation }) => (evaluation ? [{ low: Number(evaluation.interval[0]) }] : [])),
        ),
      ),
      named('leadTime', medianTime({}, waits, 'first finding of a cycle to the first tuning applied')),
    ];
  }
}

/** The indicator that history is evaluated under: the version asked for, else the newest approved one. */
function indicatorUsed(
  purpose: Purpose,
  version: number | null,
): { indicatorId: string; indicatorVersion: number; indicator: Indicator } | undefined {
  const measured = measuringIndicator(purpose);
  if (!measured?.approved) return undefined;
  const { indicatorId, approved, versions } = measured;
  const asked = version === null ? approved : versions.find(({ indicatorVersion }) => indicatorVersion === version);
  return asked && { indicatorId, indicatorVersion: asked.indicatorVersion, indicator: asked.indicator };
}

/** When a cycle came to its first decision, or was closed without one. */
function decidedAt({ tunings, closedAt }: TuningCycle): string | undefined {
  const decisions = tunings.flatMap(({ decision }) => decision?.at ?? []);
  return [...decisions, ...(closedAt === null ? [] : [closedAt])].sort()[0];
}

function isLate({ closedAt, dueBy }: TuningCycle, moment: string): boolean {
  return closedAt === null && dueBy <= moment;
}

function named(name: string, { value, reasonNull, unit, numerator, denominator, n, partial, method, class: kind, ci, notes }: Metric) {
  return {
    ...{ name, value, reasonNull, unit, numerator, denominator, n, partial, method, class: kind },
    ci: ci && [ci.low, ci.high],
    notes: [...notes],
  };
}

/** All pages. */
async function all<Row>(
  page: (after: { readonly key: readonly (string | number)[]; readonly id: string } | null) => Promise<readonly Row[]>,
  cursorOf: (row: Row) => { readonly key: readonly (string | number)[]; readonly id: string },
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let after: ReturnType<typeof cursorOf> | null = null; ;) {
    const next: readonly Row[] = await page(after);
    rows.push(...next.slice(0, BATCH));
    const last = next[BATCH - 1];
    if (next.length <= BATCH || !last) return rows;
    after = cursorOf(last);
  }
}
