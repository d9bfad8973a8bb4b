import {
  comparePositions,
  type DefinitionKind,
  type DefinitionRetired,
  definitionRetired,
  type Fact,
  type HealthModelActivated,
  healthModelActivated,
  type HealthModelBacktested,
  healthModelBacktested,
  type HealthModelDefined,
  healthModelDefined,
  type LifecycleDefined,
  lifecycleDefined,
  type MetricDefined,
  metricDefined,
  type NeedDeclined,
  needDeclined,
  type NeedDefined,
  needDefined,
  type NeedPrioritised,
  needPrioritised,
  type Position,
  type SegmentDefined,
  segmentDefined,
  streamName,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Moment } from '@tsunagari/projection';

export const DEFINITIONS_STREAM = streamName('definitions', 'current');

/** A definition as it stands, with the fact that says so. */
export type Standing<T> = T & { readonly definedAt: string; readonly position: Position; readonly retired: string | null };

export type HealthModelState = Standing<HealthModelDefined> & {
  /** The back-tests of this version, oldest first. */
  readonly backTests: readonly (HealthModelBacktested & { readonly testedAt: string; readonly position: Position })[];
  /** The back-test with which this version was activated; null while it was not. */
  readonly activated: string | null;
};

export type NeedState = Standing<NeedDefined> & { readonly priority: number | null; readonly declined: string | null };

/** All definitions: few, read together, and they refer to one another, so they are one stream and one decision. */
export type DefinitionBook = {
  readonly metrics: Readonly<Record<string, Standing<MetricDefined>>>;
  readonly segments: Readonly<Record<string, Standing<SegmentDefined>>>;
  readonly lifecycle: Standing<LifecycleDefined> | null;
  readonly needs: Readonly<Record<string, NeedState>>;
  readonly healthModels: Readonly<Record<string, HealthModelState>>;
  /** The health model that answers; null before one is activated. */
  readonly activeHealth:
    | (HealthModelBacktested & {
        readonly outcome: HealthModelDefined['outcome'];
        readonly horizonDays: number;
        readonly testedAt: string;
        readonly position: Position;
      })
    | null;
};

export const EMPTY_BOOK: DefinitionBook = { metrics: {}, segments: {}, lifecycle: null, needs: {}, healthModels: {}, activeHealth: null };

const BOOKS: Readonly<Record<DefinitionKind, 'metrics' | 'segments' | 'needs' | 'healthModels'>> = {
  metric: 'metrics',
  segment: 'segments',
  need: 'needs',
  'health-model': 'healthModels',
};

/** The definition of a kind that stands and is not retired. */
export function liveDefinition(book: DefinitionBook, kind: DefinitionKind, id: string): Standing<object> | undefined {
  const of = book[BOOKS[kind]];
  const found = Object.hasOwn(of, id) ? of[id] : undefined;
  return found?.retired === null ? found : undefined;
}

export function foldDefinition(book: DefinitionBook, fact: Fact): DefinitionBook {
  const standing = { definedAt: fact.occurred, position: fact.position, retired: null };
  switch (fact.type) {
    case metricDefined.type: {
      const data = fact.data as MetricDefined;
      return { ...book, metrics: { ...book.metrics, [data.metricId]: { ...data, ...standing } } };
    }
    case segmentDefined.type: {
      const data = fact.data as SegmentDefined;
      return { ...book, segments: { ...book.segments, [data.segmentId]: { ...data, ...standing } } };
    }
    case lifecycleDefined.type:
      return { ...book, lifecycle: { ...(fact.data as LifecycleDefined), ...standing } };
    case needDefined.type: {
      const data = fact.data as NeedDefined;
      return {
        ...book,
        needs: {
          ...book.needs,
          [data.needId]: { ...data, ...standing, priority: book.needs[data.needId]?.priority ?? null, declined: null },
        },
      };
    }
    case needPrioritised.type: {
      const { needId, priority } = fact.data as NeedPrioritised;
      const need = book.needs[needId];
      return need === undefined ? book : { ...book, needs: { ...book.needs, [needId]: { ...need, priority, declined: null } } };
    }
    case needDeclined.type: {
      const { needId, reason } = fact.data as NeedDeclined;
      const need = book.needs[needId];
      return need === undefined ? book : { ...book, needs: { ...book.needs, [needId]: { ...need, declined: reason } } };
    }
    case healthModelDefined.type: {
      const data = fact.data as HealthModelDefined;
      return { ...book, healthModels: { ...book.healthModels, [data.modelId]: { ...data, ...standing, backTests: [], activated: null } } };
    }
    case healthModelBacktested.type: {
      const data = fact.data as HealthModelBacktested;
      const model = book.healthModels[data.modelId];
      if (model === undefined || model.version !== data.version) return book;
      const backTests = [...model.backTests, { ...data, testedAt: fact.occurred, position: fact.position }];
      return { ...book, healthModels: { ...book.healthModels, [data.modelId]: { ...model, backTests } } };
    }
    case healthModelActivated.type: {
      const { modelId, backtestId } = fact.data as HealthModelActivated;
      const model = book.healthModels[modelId];
      const tested = model?.backTests.find((each) => each.backtestId === backtestId);
      if (model === undefined || tested === undefined) return book;
      const activeHealth = { ...tested, outcome: model.outcome, horizonDays: model.horizonDays };
      return { ...book, activeHealth, healthModels: { ...book.healthModels, [modelId]: { ...model, activated: backtestId } } };
    }
    case definitionRetired.type: {
      const { kind, definitionId, reason } = fact.data as DefinitionRetired;
      const name = BOOKS[kind];
      const found = book[name][definitionId];
      return found === undefined ? book : { ...book, [name]: { ...book[name], [definitionId]: { ...found, retired: reason } } };
    }
    default:
      return book;
  }
}

/** Every definition that these facts make (by default all): one read of one stream. */
export async function definitionBook(store: Pick<EventStore, 'readStream'>, upTo?: (fact: Fact) => boolean): Promise<DefinitionBook> {
  const stream = await store.readStream(DEFINITIONS_STREAM);
  if (stream.kind !== 'open') return EMPTY_BOOK;
  return stream.facts.filter((fact) => upTo?.(fact) ?? true).reduce(foldDefinition, EMPTY_BOOK);
}

/** Every definition as it stood at a moment: decided by then, and known by then. */
export function definitionBookAt(store: Pick<EventStore, 'readStream'>, { position, occurredBy }: Moment): Promise<DefinitionBook> {
  return definitionBook(
    store,
    (fact) => comparePositions(fact.position, position) <= 0 && (occurredBy === null || fact.occurred <= occurredBy),
  );
}
