import { comparePositions, type Fact, FactRegistry, type Signal, type SignalDefinition, signals as contracts } from '@tsunagari/contracts';
import type { EventLog, SeenFacts, SeenSignals, SignalLog } from '@tsunagari/event-log';
import { z } from 'zod';

/** What a reactor reads of a signal: `data` as its contract says, and what it rests on. */
export type ToldBy<D = unknown> = Pick<Signal, 'projection' | 'version' | 'at' | 'cause' | 'evidence'> & { readonly data: D };

/**
 * Signals, those of the outbox or of Kafka's topic, as a log that reactors follow, in its own order and with its own checkpoints: run them in a schema of their own. A signal reads as
 * a fact of its customer whose type is the contract's and whose data is {@link ToldBy}; its id is the signal's, so a reaction happens once.
 */
export function signalsAsFacts(signals: Pick<SignalLog, 'read' | 'head' | 'onAppended'> & SeenSignals): {
  readonly log: Pick<EventLog, 'read' | 'head' | 'onAppended'>;
  readonly journal: SeenFacts;
  readonly registry: FactRegistry;
} {
  const told = contracts.all().filter(({ topic }) => topic === 'signals');
  const kindOf = new Map(told.map(({ type, kind }) => [type, kind]));
  const definitionOf = new Map(told.map((definition) => [definition.kind, definition]));
  const asFacts = (page: readonly Signal[]): readonly Fact[] =>
    page.flatMap((signal) => {
      const definition = definitionOf.get(signal.kind);
      // A kind that this process does not know is of another version: nobody here reacts to it.
      return definition === undefined ? [] : [asFact(signal, definition)];
    });
  return {
    log: {
      async read({ after, types, limit, upTo }) {
        const kinds = types?.flatMap((type) => kindOf.get(type) ?? []);
        const page = await signals.read({ after, limit, ...(kinds === undefined ? {} : { kinds }) });
        if (upTo === undefined || comparePositions(page.upTo, upTo) <= 0) return { ...page, facts: asFacts(page.signals) };
        return { facts: asFacts(page.signals.filter(({ position }) => comparePositions(position, upTo) <= 0)), upTo, atEnd: true };
      },
      head: signals.head,
      onAppended: signals.onAppended,
    },
    journal: { byIds: async (ids, positions) => asFacts(await signals.byIds(ids, positions)) },
    registry: new FactRegistry(
      told.map(({ name, type, version, example }) => ({
        name,
        type,
        version,
        context: 'understanding' as const,
        data: z.looseObject({}),
        personal: [],
        ofSubject: true,
        examples: [example],
        upcast: {},
        downcast: {},
      })),
    ),
  };
}

function asFact(signal: Signal, { type, version }: SignalDefinition): Fact<ToldBy> {
  const { id, position, customer, projection, at, cause, evidence, data, recorded } = signal;
  return {
    id,
    type,
    schema: version,
    subject: customer,
    data: { projection, version: signal.version, at, cause, evidence, data },
    meta: { actor: 'system:understanding', source: 'understanding', correlationId: id },
    occurred: recorded,
    recorded,
    position,
    stream: `signal-${customer}`,
    version: 1,
  };
}
