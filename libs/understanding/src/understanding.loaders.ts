import type { EventLog, Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { failure, type FetchContext } from '@tsunagari/graphql';
import type { Keyring } from '@tsunagari/privacy';
import type { ProjectionRunner, RunnerStatus } from '@tsunagari/projection';
import DataLoader from 'dataloader';
import type { Pool } from 'pg';
import { type DayNumber, dayNumberOf } from './calendar';
import { lastClosedDay } from './days/close-days';
import { latestModel, type ScoringModel } from './lifetime-value/model';
import type { ProfileState } from './profile/profile.projection';
import { profilesOf } from './profile/profile.query';
import type { PurchasesState } from './purchases/purchases.projection';
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
  readonly projections: Pick<ProjectionRunner, 'identity' | 'status' | 'waitFor'>;
  /** The deployment's clock, ISO 8601 UTC. */
  readonly now: () => string;
  /** Told of a fit that failed after its mutation had answered. */
  readonly onError?: (error: unknown, context?: FetchContext) => void;
};

export type Freshness = { projection: string; version: string; position: string; lagMs: number; rebuilding: boolean };

/** Read once for every fetch, batched over all customers of a page. */
export type UnderstandingLoaders = {
  readonly purchases: DataLoader<string, PurchasesState | null>;
  readonly profile: DataLoader<string, ProfileState | null>;
  readonly subjects: DataLoader<string, readonly string[]>;
  readonly model: () => Promise<ScoringModel | null>;
  /** The last closed day; null before the first. */
  readonly lastDay: () => Promise<DayNumber | null>;
  readonly thresholds: (currency: string) => Promise<RfmThresholds>;
  readonly status: () => Promise<RunnerStatus>;
  readonly freshness: (projection: string) => Promise<Freshness>;
  /** Of timelines: the journal holds every fact at once, who belongs to whom is known as far as identity has come. */
  readonly journalFreshness: () => Promise<Freshness>;
  /** The customer that a signed-in customer is; undefined for staff, null for everybody else. */
  readonly own: () => Promise<string | null | undefined>;
};

export function understandingLoaders(ports: UnderstandingPorts, { principal }: FetchContext): UnderstandingLoaders {
  const { pool, store, projections } = ports;
  const status = once(() => projections.status());
  const thresholds = new Map<string, Promise<RfmThresholds>>();
  return {
    purchases: loaderOf((keys) => purchasesOf(pool, keys)),
    profile: loaderOf((keys) => profilesOf(pool, keys)),
    subjects: new DataLoader(async (customers: readonly string[]) => {
      const found = await projections.identity.subjectsOf(customers);
      return customers.map((customer) => found.get(customer) ?? []);
    }),
    model: once(() => latestModel(store)),
    lastDay: once(async () => {
      const day = await lastClosedDay(store);
      return day === null ? null : dayNumberOf(day);
    }),
    thresholds: (currency) => {
      const found = thresholds.get(currency) ?? rfmThresholds(pool, currency);
      thresholds.set(currency, found);
      return found;
    },
    status,
    freshness: async (projection) => {
      const found = (await status()).projections.find(({ name }) => name === projection);
      if (found === undefined)
        throw failure('SUBGRAPH_UNAVAILABLE', `The projection ${projection} does not run.`, { subgraph: 'understanding' });
      const { version, position, lagMs, rebuilding } = found;
      return { projection, version: String(version), position, lagMs: Math.min(2_147_483_647, Math.round(lagMs)), rebuilding };
    },
    journalFreshness: async () => {
      const { head, identity, projections: all } = await status();
      const lagMs = identity === head ? 0 : Math.min(2_147_483_647, Math.round(Math.max(0, ...all.map((each) => each.lagMs))));
      return { projection: 'journal', version: '1', position: identity, lagMs, rebuilding: false };
    },
    own: once(async () => {
      if (principal?.kind === 'staff') return undefined;
      const subject = principal?.subject ?? null;
      return subject === null ? null : (await projections.identity.membersOf(subject)).customer;
    }),
  };
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
