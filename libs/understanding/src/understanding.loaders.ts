import type { Reach } from '@tsunagari/access';
import { comparePositions } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { failure, type FetchContext } from '@tsunagari/graphql';
import type { Keyring } from '@tsunagari/privacy';
import type { GenerationCommands, Moment, ProjectionDefinition, ProjectionRunner, RunnerStatus, StateAsOf } from '@tsunagari/projection';
import DataLoader from 'dataloader';
import type { Pool } from 'pg';
import type { CommandPath } from '@tsunagari/command';
import type { Understood } from './attributes/attributes';
import { understoodOf } from './attributes/understood.query';
import { type DayNumber, dayNumberOf } from './calendar';
import { type DefinitionBook, definitionBook } from './definitions/definition-book';
import type { DefinitionCommands } from './definitions/definitions.commands';
import { type ContractModel, contractModel } from './holdings/contract-model.query';
import type { ExperienceState } from './experience/experience.projection';
import type { HoldingsState } from './holdings/holdings.projection';
import { lastClosedDay } from './days/close-days';
import { latestModel, modelAt, type ScoringModel } from './lifetime-value/model';
import { foldPart, reachWithin } from './own-part';
import { profileProjection, type ProfileState } from './profile/profile.projection';
import { profilesOf } from './profile/profile.query';
import { purchasesProjection } from './purchases/purchases.projection';
import { type PurchasesState } from './purchases/purchases.state';
import { PROJECTIONS, type ProjectionName, type ReadModelName } from './read-models';
import { purchasesOf } from './purchases/purchases.query';
import type { RfmThresholds } from '@tsunagari/metrics';
import { rfmThresholds } from './purchases/rfm';

/** What understanding's subgraph stands on. `pool` is the read models' database. */
export type UnderstandingPorts = {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly keyring: Pick<Keyring, 'seal' | 'open'>;
  /** Back-tests record their result as a command does. */
  readonly path: CommandPath;
  readonly definitions: DefinitionCommands;
  readonly projections: Pick<
    ProjectionRunner,
    'identity' | 'status' | 'waitFor' | 'position' | 'onMoved' | 'momentOf' | 'statesAsOf' | 'labelled'
  > &
    GenerationCommands;
  /** The deployment's clock, ISO 8601 UTC. */
  readonly now: () => string;
  /** The zone in which days begin; UTC unless given. */
  readonly timeZone?: string;
  /** Told of a fit that failed after its mutation had answered. */
  readonly onError?: (error: unknown, context?: FetchContext) => void;
};

export type Freshness = { projection: string; version: string; position: string; lagMs: number; rebuilding: boolean };

/** Of what is answered as of a position: it is what it is. */
export function freshnessAt(projection: string, { position, version }: { readonly position: string; readonly version: number }): Freshness {
  return { projection, version: String(version), position, lagMs: 0, rebuilding: false };
}

/** Everything that was understood of a customer at a moment. */
export type UnderstoodAsOf = {
  readonly understood: Understood;
  readonly purchases: StateAsOf<PurchasesState>;
  readonly profile: StateAsOf<ProfileState>;
  readonly states: readonly StateAsOf[];
  /** The last day closed by then; null before the first. */
  readonly lastDay: DayNumber | null;
  /** The definition that was folded, by projection. */
  readonly versions: Readonly<Record<ProjectionName, number>>;
};

/** Read once for every fetch, batched over all customers of a page. */
export type UnderstandingLoaders = {
  readonly purchases: DataLoader<string, PurchasesState | null>;
  readonly profile: DataLoader<string, ProfileState | null>;
  readonly subjects: DataLoader<string, readonly string[]>;
  /** Everything that the folds know of her; null of nobody known. */
  readonly understood: DataLoader<string, Understood | null>;
  readonly definitions: () => Promise<DefinitionBook>;
  /** How long contracts are renewed, as of the last closed day; null before the first. */
  readonly contracts: () => Promise<ContractModel | null>;
  readonly model: () => Promise<ScoringModel | null>;
  /** What was understood of a customer at a moment; customers of one moment are folded together. */
  readonly understoodAsOf: (customer: string, moment: Moment) => Promise<UnderstoodAsOf>;
  readonly purchasesAsOf: (customer: string, moment: Moment) => Promise<StateAsOf<PurchasesState>>;
  readonly profileAsOf: (customer: string, moment: Moment) => Promise<StateAsOf<ProfileState>>;
  readonly modelAsOf: (moment: Moment) => Promise<ScoringModel | null>;
  /** The last closed day; null before the first. */
  readonly lastDay: () => Promise<DayNumber | null>;
  readonly thresholds: (currency: string) => Promise<RfmThresholds>;
  readonly status: () => Promise<RunnerStatus>;
  /** Of an answer that stands on these read models: that of the one furthest behind. */
  readonly freshness: (...projections: readonly ReadModelName[]) => Promise<Freshness>;
  /** Of timelines: the journal holds every fact at once, who belongs to whom is known as far as identity has come. */
  readonly journalFreshness: () => Promise<Freshness>;
  /** What of a customer the caller reaches; the loaders above show no more of her. */
  readonly reach: (customer: string) => Promise<Reach>;
};

export function understandingLoaders(ports: UnderstandingPorts, { principal }: FetchContext): UnderstandingLoaders {
  const { pool, store, journal, projections, timeZone = 'UTC' } = ports;
  const status = once(() => projections.status());
  const thresholds = new Map<string, Promise<RfmThresholds>>();
  const models = new Map<string, Promise<ScoringModel | null>>();
  const moments = new Map<string, DataLoader<string, UnderstoodAsOf>>();
  const understoodAsOf = (customer: string, moment: Moment): Promise<UnderstoodAsOf> => {
    const key = JSON.stringify([moment.position, moment.occurredBy]);
    const loader = moments.get(key) ?? new DataLoader((customers) => foldedAsOf(projections, customers, moment));
    moments.set(key, loader);
    return loader.load(customer);
  };
  const lastDay = once(async () => {
    const day = await lastClosedDay(store);
    return day === null ? null : dayNumberOf(day);
  });
  const reached = new Map<string, Promise<Reach>>();
  const reach = (customer: string): Promise<Reach> => {
    const found = reached.get(customer) ?? reachWithin(principal, customer, projections.identity);
    reached.set(customer, found);
    return found;
  };
  /** The read model's rows; of whom the caller reaches a part, that part folded anew. */
  const hers = <S>(
    read: (keys: readonly string[]) => Promise<ReadonlyMap<string, S>>,
    definition: () => ProjectionDefinition<S>,
  ): DataLoader<string, S | null> =>
    loaderOf(async (keys) => {
      if (principal.kind === 'staff') return read(keys);
      const reaches = await Promise.all(keys.map(reach));
      const found = new Map(await read(keys.filter((_, n) => reaches[n]?.kind === 'all')));
      for (const [n, key] of keys.entries()) {
        const one = reaches[n];
        const part =
          one?.kind === 'some' ? await foldPart(definition(), one.subjects, { journal, lastDay: await lastDay(), timeZone }) : null;
        if (part !== null) found.set(key, part);
      }
      return found;
    });
  return {
    purchases: hers(
      (keys) => purchasesOf(pool, keys),
      () => purchasesProjection(timeZone),
    ),
    profile: hers(
      (keys) => profilesOf(pool, keys),
      () => profileProjection,
    ),
    subjects: new DataLoader(async (customers: readonly string[]) => {
      const [found, reaches] = await Promise.all([projections.identity.subjectsOf(customers), Promise.all(customers.map(reach))]);
      return customers.map((customer, n) => {
        const one = reaches[n];
        return one?.kind === 'all' ? (found.get(customer) ?? []) : one?.kind === 'some' ? one.subjects : [];
      });
    }),
    understood: loaderOf((keys) => understoodOf(pool, keys)),
    definitions: once(() => definitionBook(store)),
    contracts: once(async () => {
      const day = await lastClosedDay(store);
      return day === null ? null : contractModel(pool, dayNumberOf(day));
    }),
    model: once(() => latestModel(store)),
    understoodAsOf,
    purchasesAsOf: async (customer, moment) => (await understoodAsOf(customer, moment)).purchases,
    profileAsOf: async (customer, moment) => (await understoodAsOf(customer, moment)).profile,
    modelAsOf: ({ position }) => {
      const found = models.get(position) ?? modelAt(store, position);
      models.set(position, found);
      return found;
    },
    lastDay,
    thresholds: (currency) => {
      const found = thresholds.get(currency) ?? rfmThresholds(pool, currency);
      thresholds.set(currency, found);
      return found;
    },
    status,
    freshness: async (...names) => {
      const all = (await status()).projections;
      const found = names.map((name) => {
        const one = all.find((each) => each.name === name);
        if (one === undefined) throw failure('SUBGRAPH_UNAVAILABLE', `The projection ${name} does not run.`, { subgraph: 'understanding' });
        return one;
      });
      const { name, version, position } = found.reduce((a, b) => (comparePositions(b.position, a.position) < 0 ? b : a));
      return {
        projection: name,
        version: String(version),
        position,
        lagMs: Math.min(2_147_483_647, Math.round(Math.max(...found.map(({ lagMs }) => lagMs)))),
        rebuilding: found.some(({ rebuilding }) => rebuilding),
      };
    },
    journalFreshness: async () => {
      const { head, identity, projections: all } = await status();
      const lagMs = identity === head ? 0 : Math.min(2_147_483_647, Math.round(Math.max(0, ...all.map((each) => each.lagMs))));
      return { projection: 'journal', version: '1', position: identity, lagMs, rebuilding: false };
    },
    reach,
  };
}

/** Everything that was understood of customers at a moment, in their order. */
export async function foldedAsOf(
  projections: Pick<ProjectionRunner, 'statesAsOf'>,
  customers: readonly string[],
  moment: Moment,
): Promise<UnderstoodAsOf[]> {
  const folded = await projections.statesAsOf(PROJECTIONS, customers, moment);
  return customers.map((customer) => {
    const of = <S>(name: ProjectionName): StateAsOf<S> => folded.get(customer)?.get(name) as StateAsOf<S>;
    const [purchases, profile] = [of<PurchasesState>('purchases'), of<ProfileState>('profile')];
    const [holdings, experience] = [of<HoldingsState>('holdings'), of<ExperienceState>('experience')];
    return {
      purchases,
      profile,
      states: [purchases, profile, holdings, experience],
      understood: {
        customer: purchases.customer,
        purchases: purchases.state,
        profile: profile.state,
        holdings: holdings.state,
        experience: experience.state,
      },
      lastDay: purchases.lastDay === null ? null : dayNumberOf(purchases.lastDay),
      versions: {
        purchases: purchases.version,
        profile: profile.version,
        holdings: holdings.version,
        experience: experience.version,
      },
    };
  });
}

function loaderOf<T>(read: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>): DataLoader<string, T | null> {
  return new DataLoader(async (keys) => {
    const found = await read(keys);
    return keys.map((key) => found.get(key) ?? null);
  });
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let under: Promise<T> | undefined;
  return () => (under ??= read());
}
