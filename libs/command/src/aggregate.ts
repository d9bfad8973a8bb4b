import {
  type Context,
  type Fact,
  type FactDefinition,
  type Position,
  refusal,
  type StreamCategory,
  streamName,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { type Asked, envelopeOf } from './asked';
import type { CommandEnvelope, CommandPath, CommandResult } from './command-path';
import type { Decider } from './decider';
import { upcast } from './upcast';

/** An aggregate: what is decided (its decider), where (streams of a category, one an id), and by which facts. */
export type Aggregate<C, S> = {
  readonly context: Context;
  readonly category: StreamCategory;
  readonly decider: Decider<C, S>;
  readonly facts: readonly FactDefinition[];
};

/** An aggregate as it stands: read where it was decided, so never behind. */
export type Loaded<S> = {
  readonly id: string;
  readonly state: S;
  /** For `expectedVersion`. */
  readonly version: number;
  readonly position: Position;
};

/** An aggregate as its page shows it: what was folded, and by what it is named. */
export type ViewOf<S> = NonNullable<S> & { readonly id: string; readonly version: number };

/** Reads aggregates for their pages: each as it stands; null for one that does not exist. For a DataLoader. */
export async function viewAggregates<C, S>(
  store: EventStore,
  aggregate: Aggregate<C, S>,
  ids: readonly string[],
): Promise<readonly (ViewOf<S> | null)[]> {
  const loaded = await loadAggregates(store, aggregate, ids);
  return loaded.map((one) => (one === null || one.state == null ? null : { ...one.state, id: one.id, version: one.version }));
}

/** Reads aggregates by folding their streams; null for an id that nothing was ever decided of. */
export function loadAggregates<C, S>(
  store: EventStore,
  { category, decider }: Aggregate<C, S>,
  ids: readonly string[],
): Promise<readonly (Loaded<S> | null)[]> {
  return Promise.all(
    ids.map(async (id) => {
      if (!isStreamId(id)) return null;
      const stream = await store.readStream(streamName(category, id));
      if (stream.kind !== 'open') return null;
      const state = stream.facts.reduce((folded, fact) => decider.evolve(folded, upcast(fact)), decider.initial);
      return { id, state, version: stream.lastVersion, position: stream.facts.at(-1)?.position ?? '0' };
    }),
  );
}

export type Send<C> = (
  id: string,
  command: C,
  asked: Asked,
  body?: object,
  more?: Pick<CommandEnvelope<C>, 'prepare'>,
) => Promise<CommandResult>;

/**
 * Sends commands to an aggregate by the one command path. A repeat is recognised by `body`: what the caller sent, where the command
 * holds more than that because something was looked up. The time (`at`) is never part of it.
 */
export function sender<C extends object, S>(path: CommandPath, { category, decider, context }: Aggregate<C, S>): Send<C> {
  return async (id, command, asked, sent = command, more = {}) => {
    const { at: _, ...body } = sent as { at?: unknown };
    if (!isStreamId(id))
      return {
        kind: 'refused',
        refusal: refusal('INVALID_FIELD', 'id', 'an id has 1 to 190 characters, none of them a control character'),
      };
    return path.execute(decider, {
      stream: streamName(category, id),
      command,
      body: { id, ...body },
      ...envelopeOf(asked, context),
      ...more,
    });
  };
}

/** The id of the aggregate that a fact was decided in. */
export function aggregateIdOf({ category }: { readonly category: StreamCategory }, { stream }: Pick<Fact, 'stream'>): string {
  return stream.slice(category.length + 1);
}

function isStreamId(id: string): boolean {
  return id.length > 0 && id.length <= 190 && !/[\u0000-\u001f]/.test(id);
}
