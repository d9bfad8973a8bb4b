import { accept, type Decider, type Decision, refuse } from '@tsunagari/command';
import {
  type DefinitionKind,
  definitionRetired,
  healthModelActivated,
  type HealthModelBacktested,
  healthModelBacktested,
  type HealthModelDefined,
  healthModelDefined,
  type LifecycleDefined,
  lifecycleDefined,
  type MetricDefined,
  metricDefined,
  needDeclined,
  type NeedDefined,
  needDefined,
  needPrioritised,
  type Refusal,
  refusal,
  type SegmentDefined,
  segmentDefined,
} from '@tsunagari/contracts';
import { METRIC_KINDS, type MetricId } from '@tsunagari/metrics';
import type { RuleFault } from '@tsunagari/rules';
import { attributeOf, customerRules } from '../attributes/vocabulary';
import { type DefinitionBook, EMPTY_BOOK, foldDefinition, liveDefinition } from './definition-book';

type Defining<T> = Omit<T, 'version'>;

export type DefinitionCommand =
  | ({ readonly kind: 'DefineMetric' } & Omit<Defining<MetricDefined>, 'kind' | 'zeroDenominator' | 'partialPeriods'> & {
        readonly metricKind: string;
        readonly zeroDenominator: MetricDefined['zeroDenominator'] | null;
        readonly partialPeriods: MetricDefined['partialPeriods'] | null;
      })
  | ({ readonly kind: 'DefineSegment' } & Defining<SegmentDefined>)
  | ({ readonly kind: 'DefineLifecycle' } & Defining<LifecycleDefined>)
  | ({ readonly kind: 'DefineNeed' } & Defining<NeedDefined>)
  | { readonly kind: 'PrioritiseNeed'; readonly needId: string; readonly priority: number; readonly reason: string }
  | { readonly kind: 'DeclineNeed'; readonly needId: string; readonly reason: string }
  | ({ readonly kind: 'DefineHealthModel' } & Defining<HealthModelDefined>)
  | ({ readonly kind: 'RecordHealthBackTest' } & Defining<HealthModelBacktested>)
  | { readonly kind: 'ActivateHealthModel'; readonly modelId: string; readonly backtestId: string | null }
  | {
      readonly kind: 'RetireDefinition';
      readonly of: DefinitionKind;
      readonly definitionId: string;
      readonly reason: string;
      /** Who else refers to it, as other contexts said: offers, policies, KPIs. */
      readonly usedBy: readonly string[];
    };

/** A rule that is none, as a refusal: the place stands in `message`, what to write in `remedy`. */
export function ruleRefusal(field: string, { message, expected }: RuleFault): Refusal {
  return refusal('RULE_NOT_VALID', field, 'a rule of CEL over the declared attributes', `Write ${expected}.`, message);
}

function faultOfRule(field: string, text: string | undefined): Refusal | undefined {
  if (text === undefined) return undefined;
  const compiled = customerRules.rule(text);
  return compiled.kind === 'refused' ? ruleRefusal(field, compiled.fault) : undefined;
}

function unknown(field: string, what: string): Decision {
  return refuse(refusal('UNKNOWN_DEFINITION', field, `${what} stands and is not retired`, 'Ask for the definitions.'));
}

function next(found: { readonly version: number } | undefined | null): number {
  return (found?.version ?? 0) + 1;
}

function defineMetric(command: Extract<DefinitionCommand, { kind: 'DefineMetric' }>, book: DefinitionBook): Decision {
  const { kind: _, metricKind, zeroDenominator, partialPeriods, ...rest } = command;
  if (zeroDenominator === null)
    return refuse(
      refusal(
        'ZERO_DENOMINATOR_UNDEFINED',
        'zeroDenominator',
        'a metric says what it answers when there is nobody to speak of',
        'NULL_WITH_REASON: never 0.',
      ),
    );
  if (partialPeriods === null)
    return refuse(
      refusal(
        'PARTIAL_PERIOD_UNDEFINED',
        'partialPeriods',
        'a metric says what becomes of a period that is not over',
        'MARKED or LEFT_OUT.',
      ),
    );
  const own = metricKind === 'share' || metricKind === 'mean';
  const known = Object.hasOwn(METRIC_KINDS, metricKind) ? METRIC_KINDS[metricKind as MetricId] : undefined;
  if (!own && known === undefined)
    return refuse(
      refusal(
        'UNKNOWN_METRIC_KIND',
        'kind',
        'share, mean, or a metric that the platform computes',
        `One of share, mean, ${Object.keys(METRIC_KINDS).join(', ')}.`,
      ),
    );
  if (known !== undefined && rest.class !== known.class)
    return refuse(
      refusal('INVALID_FIELD', 'class', `${metricKind} is of class ${known.class}`, `Say ${known.class}: a result is never an outcome.`),
    );
  if (metricKind === 'share' && rest.rule === undefined) return refuse(refusal('MISSING_FIELD', 'rule', 'a share says for whom it counts'));
  if (metricKind === 'mean' && rest.formula === undefined) return refuse(refusal('MISSING_FIELD', 'formula', 'a mean says of what'));
  const broken = faultOfRule('rule', rest.rule) ?? faultOfRule('base', rest.base);
  if (broken) return refuse(broken);
  if (rest.formula !== undefined) {
    const compiled = customerRules.formula(rest.formula);
    if (compiled.kind === 'refused') return refuse(ruleRefusal('formula', compiled.fault));
  }
  if (rest.segmentId !== undefined && !liveDefinition(book, 'segment', rest.segmentId))
    return unknown('segmentId', `the segment ${rest.segmentId}`);
  const data = { ...rest, kind: metricKind, version: next(book.metrics[rest.metricId]), zeroDenominator, partialPeriods };
  return accept({ definition: metricDefined, subject: null, data });
}

function defineHealthModel(command: Extract<DefinitionCommand, { kind: 'DefineHealthModel' }>, book: DefinitionBook): Decision {
  const { kind: _, ...rest } = command;
  for (const [n, name] of rest.features.entries()) {
    const attribute = attributeOf(name);
    if (attribute === undefined)
      return refuse(refusal('UNKNOWN_ATTRIBUTE', `features.${n}`, `${name} is a declared attribute`, 'Ask for customerAttributes.'));
    if (attribute.type !== 'int' && attribute.type !== 'double' && attribute.type !== 'bool')
      return refuse(refusal('INVALID_FIELD', `features.${n}`, `a feature is a number or true or false; ${name} is ${attribute.type}`));
    if (attribute.leaks?.includes(rest.outcome) === true)
      return refuse(
        refusal('FEATURE_LEAKS_LABEL', `features.${n}`, `${name} knows of the ${rest.outcome} that is to be predicted`, 'Leave it out.'),
      );
  }
  if (new Set(rest.features).size < rest.features.length) return refuse(refusal('INVALID_FIELD', 'features', 'each feature once'));
  return accept({ definition: healthModelDefined, subject: null, data: { ...rest, version: next(book.healthModels[rest.modelId]) } });
}

function activate({ modelId, backtestId }: Extract<DefinitionCommand, { kind: 'ActivateHealthModel' }>, book: DefinitionBook): Decision {
  const model = Object.hasOwn(book.healthModels, modelId) ? book.healthModels[modelId] : undefined;
  if (model === undefined || model.retired !== null) return unknown('modelId', `the health model ${modelId}`);
  const tested = backtestId === null ? model.backTests.at(-1) : model.backTests.find((each) => each.backtestId === backtestId);
  if (tested === undefined)
    return refuse(
      refusal(
        'NO_BACK_TEST',
        backtestId === null ? 'modelId' : 'backtestId',
        `version ${model.version} of ${modelId} has been back-tested`,
        `Run \`tsunagari backtest ${modelId}\`.`,
      ),
    );
  if (tested.leaking.length > 0)
    return refuse(
      refusal(
        'FEATURE_LEAKS_LABEL',
        'modelId',
        `no feature knows the outcome beforehand; ${tested.leaking.join(', ')} did in the back-test`,
        'Define the model without it.',
      ),
    );
  if (model.activated === tested.backtestId && book.activeHealth?.backtestId === tested.backtestId) return accept();
  return accept({
    definition: healthModelActivated,
    subject: null,
    data: { modelId, version: model.version, backtestId: tested.backtestId },
  });
}

/** What of the book itself refers to a definition, in words. */
export function usesWithin(book: DefinitionBook, of: DefinitionKind, id: string): readonly string[] {
  if (of === 'segment')
    return Object.values(book.metrics).flatMap(({ metricId, segmentId, retired }) =>
      retired === null && segmentId === id ? [`metric ${metricId}`] : [],
    );
  return of === 'health-model' && book.activeHealth?.modelId === id ? ['health of every customer: it is the active model'] : [];
}

/** Definitions as data: a change is a new version, kept as a fact; nothing that is in use goes away. */
export const definitionsDecider: Decider<DefinitionCommand, DefinitionBook> = {
  initial: EMPTY_BOOK,
  evolve: foldDefinition,
  decide(command, book) {
    switch (command.kind) {
      case 'DefineMetric':
        return defineMetric(command, book);
      case 'DefineSegment': {
        const { kind: _, ...rest } = command;
        const broken = faultOfRule('rule', rest.rule);
        return broken
          ? refuse(broken)
          : accept({ definition: segmentDefined, subject: null, data: { ...rest, version: next(book.segments[rest.segmentId]) } });
      }
      case 'DefineLifecycle': {
        const { stages } = command;
        const broken = stages.map(({ rule }, n) => faultOfRule(`stages.${n}.rule`, rule)).find((each) => each !== undefined);
        if (broken) return refuse(broken);
        const twice = stages.findIndex(({ stageId }, n) => stages.findIndex((each) => each.stageId === stageId) < n);
        if (twice >= 0) return refuse(refusal('INVALID_FIELD', `stages.${twice}.stageId`, 'each stage has an id of its own'));
        return accept({ definition: lifecycleDefined, subject: null, data: { stages, version: next(book.lifecycle) } });
      }
      case 'DefineNeed': {
        const { kind: _, ...rest } = command;
        const broken = faultOfRule('rule', rest.rule);
        return broken
          ? refuse(broken)
          : accept({ definition: needDefined, subject: null, data: { ...rest, version: next(book.needs[rest.needId]) } });
      }
      case 'PrioritiseNeed': {
        const { needId, priority, reason } = command;
        if (!liveDefinition(book, 'need', needId)) return unknown('needId', `the need ${needId}`);
        if (!Number.isInteger(priority) || priority < 1 || priority > 5)
          return refuse(refusal('INVALID_FIELD', 'priority', 'a priority from 1 (first) to 5'));
        return accept({ definition: needPrioritised, subject: null, data: { needId, priority, reason } });
      }
      case 'DeclineNeed': {
        const { needId, reason } = command;
        if (!liveDefinition(book, 'need', needId)) return unknown('needId', `the need ${needId}`);
        return accept({ definition: needDeclined, subject: null, data: { needId, reason } });
      }
      case 'DefineHealthModel':
        return defineHealthModel(command, book);
      case 'RecordHealthBackTest': {
        const { kind: _, ...rest } = command;
        const model = Object.hasOwn(book.healthModels, rest.modelId) ? book.healthModels[rest.modelId] : undefined;
        if (model === undefined || model.retired !== null) return unknown('modelId', `the health model ${rest.modelId}`);
        if (model.backTests.some(({ backtestId }) => backtestId === rest.backtestId)) return accept();
        return accept({ definition: healthModelBacktested, subject: null, data: { ...rest, version: model.version } });
      }
      case 'ActivateHealthModel':
        return activate(command, book);
      case 'RetireDefinition': {
        const { of, definitionId, reason, usedBy } = command;
        if (!liveDefinition(book, of, definitionId)) return unknown('definitionId', `the ${of} ${definitionId}`);
        const uses = [...usesWithin(book, of, definitionId), ...usedBy];
        if (uses.length > 0)
          return refuse(
            refusal(
              'DEFINITION_IN_USE',
              'definitionId',
              `nothing refers to a definition that is retired; ${definitionId} is used by ${uses.slice(0, 10).join(', ')}`,
              'Change those first.',
            ),
          );
        return accept({ definition: definitionRetired, subject: null, data: { kind: of, definitionId, reason } });
      }
    }
  },
};
