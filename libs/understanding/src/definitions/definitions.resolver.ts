import { askedBy, type CommandResult } from '@tsunagari/command';
import { type DefinitionKind, type MetricDefined, refusal } from '@tsunagari/contracts';
import { commandRefused, connectionOf, pageOf } from '@tsunagari/graphql';
import { DryRunCount, type RuleFault } from '@tsunagari/rules';
import { attributesOf } from '../attributes/attributes';
import { everyUnderstood } from '../attributes/understood.query';
import { attributeNames, CUSTOMER_ATTRIBUTES, customerRules, type CustomerAttribute } from '../attributes/vocabulary';
import { shownJob } from '../board.resolver';
import { closedDay } from '../days/closed-day';
import { orFailure } from '../days/unanswered';
import { dayOf } from '../calendar';
import type { Resolvers } from '../generated/graphql';
import { HEALTH_JOB, type HealthReport, startHealthBackTest } from '../health/back-test-health';
import { jobById } from '../jobs';
import type { HealthBackTestModel, SubgraphContext } from '../subgraph.models';
import { PROJECTIONS } from '../read-models';
import type { UnderstandingPorts } from '../understanding.loaders';
import { boardMoment } from './board-moment';
import { definitionBook, definitionBookAt } from './definition-book';
import { ruleRefusal } from './definitions.decider';
import { metricAnswers } from './metric-answers';
import { KNOWN_KINDS } from './metric-kinds';
import { freshnessAsOf, metricMoment } from './metric-moment';

const upperSnake = <T extends string>(text: T) => text.toUpperCase().replaceAll('-', '_') as Uppercase<T>;

function ruleNotValid(field: string, fault: RuleFault) {
  const { code, field: at, rule, message, remedy } = ruleRefusal(field, fault);
  return {
    __typename: 'RuleNotValid' as const,
    code,
    field: at,
    rule,
    message,
    remedy,
    line: fault.line,
    column: fault.column,
    start: fault.start,
    end: fault.end,
    found: fault.found,
    expected: fault.expected,
  };
}

/** The fault of the text that a refusal names, so that an editor can underline it. */
function refusedRule(field: string | null, input: unknown) {
  let text: unknown = input;
  for (const part of (field ?? '').split('.'))
    text = typeof text === 'object' && text !== null ? (text as Readonly<Record<string, unknown>>)[part] : undefined;
  if (typeof text !== 'string' || field === null) return undefined;
  const compiled = field === 'formula' ? customerRules.formula(text) : customerRules.rule(text);
  return compiled.kind === 'refused' ? ruleNotValid(field, compiled.fault) : undefined;
}

export function definitionResolvers(ports: UnderstandingPorts): Resolvers {
  const { pool, store, projections, now, timeZone = 'UTC', definitions: commands } = ports;

  const changed = async (result: CommandResult, input: unknown, context: SubgraphContext) => {
    if (result.kind === 'refused')
      return refusedRule(result.refusal.code === 'RULE_NOT_VALID' ? result.refusal.field : null, input) ?? commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    return {
      __typename: 'DefinitionsChanged' as const,
      definitions: await definitionBook(store),
      position: result.position ?? '0',
      repeated: result.repeated,
    };
  };
  const lastDayOf = ({ loaders }: SubgraphContext): Promise<number> => closedDay(loaders);
  const metricOf = metricAnswers({ ...ports, identity: projections.identity });

  return {
    Query: {
      async definitions(_, { asOf }, { loaders }) {
        return asOf == null ? loaders.definitions() : definitionBookAt(store, await projections.momentOf(asOf));
      },
      customerAttributes: () =>
        attributeNames.map((name) => {
          const { type, meaning, from, leaks = [] }: CustomerAttribute = CUSTOMER_ATTRIBUTES[name];
          return { name, type, meaning, from, leaks: leaks.map((outcome) => upperSnake(outcome)) };
        }),
      metricKinds: () => KNOWN_KINDS.map(({ reads, ...kind }) => ({ ...kind, reads: [...reads] })),
      async metric(_, { metricId, period = null, asOf = null, asOfLabel = null }, { loaders }) {
        const found = await metricMoment(ports, asOf, asOfLabel);
        const moment = found === null ? null : orFailure(found);
        const known =
          moment === null ? loaders : { ...loaders, lastDay: async () => moment.lastDay, model: () => loaders.modelAsOf(moment) };
        const answer = await metricOf(metricId, period, known, moment);
        if (answer === null) return null;
        const { reads, ...made } = orFailure(answer);
        if (moment !== null) return { ...made, projection: reads[0], read: () => Promise.resolve(freshnessAsOf(reads, moment)) };
        return { ...made, projection: reads[0], ...(reads[0] === 'journal' ? {} : { read: () => loaders.freshness(...reads) }) };
      },
      async segmentMembers(_, { segmentId, asOfLabel, ...args }, context) {
        const { segments } = await context.loaders.definitions();
        const segment = Object.hasOwn(segments, segmentId) ? segments[segmentId] : undefined;
        if (segment === undefined || segment.retired !== null) return null;
        const compiled = customerRules.rule(segment.rule);
        if (compiled.kind === 'refused') throw new Error(`a defined rule is none any more: ${compiled.fault.message}`);
        // Under a new version the list is another one: a cursor of the old one would leave customers out.
        const generation = `${segmentId} ${segment.version}${asOfLabel == null ? '' : ` ${asOfLabel}`}`;
        const page = pageOf(args, generation);
        const at = await boardMoment(ports, context.loaders, PROJECTIONS, asOfLabel);
        const { moment } = at;
        const [day, model] = await Promise.all([closedDay(at), at.model()]);
        const members: { readonly key: string }[] = [];
        for await (const known of everyUnderstood(pool, page.after?.id ?? null, at.tables)) {
          if (compiled.rule.judge(attributesOf(known, model, day)).kind !== 'holds') continue;
          members.push({ key: known.customer });
          if (members.length > page.limit) break;
        }
        const { edges, pageInfo } = connectionOf(members, page, ({ key }) => ({ key: [], id: key, generation }));
        return {
          edges: edges.map(({ cursor, node }) => ({ cursor, node: { customer: node.key, moment } })),
          pageInfo,
          currency: null,
          freshness: await at.freshness(),
        };
      },
      async dryRunRule(_, { rule: text, asOfLabel }, { loaders }) {
        const compiled = customerRules.rule(text);
        if (compiled.kind === 'refused') return ruleNotValid('rule', compiled.fault);
        const at = await boardMoment(ports, loaders, PROJECTIONS, asOfLabel);
        const { moment } = at;
        const [day, model] = await Promise.all([closedDay(at), at.model()]);
        const count = new DryRunCount(compiled.rule);
        for await (const known of everyUnderstood(pool, null, at.tables)) count.add(known.customer, attributesOf(known, model, day));
        const { missing, examples, ...result } = count.result();
        return {
          __typename: 'RuleDryRun',
          ...result,
          missing: [...missing],
          examples: examples.map((customer) => ({ customer, moment })),
          reads: [...compiled.rule.reads],
          asOfDay: dayOf(day),
          freshness: await at.freshness(),
        };
      },
    },

    Definitions: {
      metrics: ({ metrics }) => Object.values(metrics),
      segments: ({ segments }) => Object.values(segments),
      needs: ({ needs }) => Object.values(needs),
      healthModels: ({ healthModels }) => Object.values(healthModels),
    },
    MetricDefinition: { partialPeriods: ({ partialPeriods }) => (partialPeriods === 'marked' ? 'MARKED' : 'LEFT_OUT') },
    LifecycleDefinition: { stages: ({ stages }) => [...stages] },
    HealthModelDefinition: {
      outcome: ({ outcome }) => upperSnake(outcome),
      features: ({ features }) => [...features],
      backTests: ({ backTests }) => [...backTests],
    },
    HealthBackTest: {
      auc: (test) => reportOf(test).auc,
      aucRecency: (test) => reportOf(test).aucRecency,
      brier: (test) => reportOf(test).brier,
      brierBase: (test) => reportOf(test).brierBase,
      bias: (test) => reportOf(test).bias,
      calibrationSlope: (test) => reportOf(test).calibrationSlope,
      liftTopDecile: (test) => reportOf(test).liftTopDecile,
      deciles: (test) => [...reportOf(test).deciles],
      leaking: ({ leaking }) => [...leaking],
    },
    Metric: {
      notes: ({ notes }) => [...notes],
      freshness: ({ projection, read }, _, { loaders }) =>
        read?.() ?? (projection === 'journal' ? loaders.journalFreshness() : loaders.freshness(projection)),
    },

    Mutation: {
      async defineMetric(_, { input }, context) {
        const { metricId, name, kind, class: of, zeroDenominator, partialPeriods } = input;
        const command = {
          kind: 'DefineMetric' as const,
          metricId,
          name: { ...name },
          metricKind: kind,
          class: of,
          zeroDenominator: zeroDenominator == null ? null : ('null-with-reason' as const),
          partialPeriods: partialPeriods == null ? null : partialPeriods === 'MARKED' ? ('marked' as const) : ('left-out' as const),
          ...optional(input),
        };
        return changed(await commands.define(command, askedBy(input, context, now())), input, context);
      },
      async defineSegment(_, { input }, context) {
        const { segmentId, name, rule } = input;
        return changed(
          await commands.define({ kind: 'DefineSegment', segmentId, name: { ...name }, rule }, askedBy(input, context, now())),
          input,
          context,
        );
      },
      async defineLifecycle(_, { input }, context) {
        const stages = input.stages.map(({ stageId, name, rule }) => ({ stageId, name: { ...name }, rule }));
        return changed(await commands.define({ kind: 'DefineLifecycle', stages }, askedBy(input, context, now())), input, context);
      },
      async defineNeed(_, { input }, context) {
        const { needId, name, rule, purposeId } = input;
        const command = { kind: 'DefineNeed' as const, needId, name: { ...name }, rule, ...(purposeId == null ? {} : { purposeId }) };
        return changed(await commands.define(command, askedBy(input, context, now())), input, context);
      },
      async prioritiseNeed(_, { input }, context) {
        const { needId, priority, reason } = input;
        return changed(
          await commands.define({ kind: 'PrioritiseNeed', needId, priority, reason }, askedBy(input, context, now())),
          input,
          context,
        );
      },
      async declineNeed(_, { input }, context) {
        const { needId, reason } = input;
        return changed(await commands.define({ kind: 'DeclineNeed', needId, reason }, askedBy(input, context, now())), input, context);
      },
      async defineHealthModel(_, { input }, context) {
        const { modelId, name, outcome, horizonDays, features } = input;
        const command = {
          kind: 'DefineHealthModel' as const,
          modelId,
          name: { ...name },
          outcome: outcome === 'PURCHASE' ? ('purchase' as const) : ('renewal' as const),
          horizonDays,
          features: [...features],
        };
        return changed(await commands.define(command, askedBy(input, context, now())), input, context);
      },
      async activateHealthModel(_, { input }, context) {
        const { modelId, backtestId = null } = input;
        return changed(
          await commands.define({ kind: 'ActivateHealthModel', modelId, backtestId }, askedBy(input, context, now())),
          input,
          context,
        );
      },
      async retireDefinition(_, { input }, context) {
        const { kind, definitionId, reason } = input;
        const of = kind.toLowerCase().replace('_', '-') as DefinitionKind;
        return changed(
          await commands.retire({ kind: 'RetireDefinition', of, definitionId, reason }, askedBy(input, context, now())),
          input,
          context,
        );
      },
      async backTestHealthModel(_, { input }, context) {
        const day = input.asOfDay ?? dayOf(await lastDayOf(context));
        const started = await startHealthBackTest(
          { ...ports, timeZone },
          {
            modelId: input.modelId,
            asOfDay: day,
            by: context.principal.actor,
            requestId: context.requestId,
          },
        );
        const id = started.kind === 'busy' ? started.job : started.job;
        const job = id === null ? null : await jobById(pool, id);
        if (job === null) return commandRefused(refusal('OVERLOADED', null, `${HEALTH_JOB} is under way`, 'Ask again in a moment.'));
        return { __typename: 'BackTestStarted', job: shownJob(job), underWay: started.kind === 'busy' };
      },
    },
  };
}

function optional({
  rule,
  base,
  formula,
  segmentId,
}: {
  rule?: string | null | undefined;
  base?: string | null | undefined;
  formula?: string | null | undefined;
  segmentId?: string | null | undefined;
}): Partial<Pick<MetricDefined, 'rule' | 'base' | 'formula' | 'segmentId'>> {
  return {
    ...(rule == null ? {} : { rule }),
    ...(base == null ? {} : { base }),
    ...(formula == null ? {} : { formula }),
    ...(segmentId == null ? {} : { segmentId }),
  };
}

/** A back-test's report as `HealthModelBacktested` keeps it: the JSON of a {@link HealthReport}. */
function reportOf({ report }: Pick<HealthBackTestModel, 'report'>): HealthReport {
  return report as object as HealthReport;
}
