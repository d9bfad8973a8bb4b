import type { z } from 'zod';
import { kebab } from './registry';
import type { Signal } from './signal';

/** The contract of one kind of signal, or of the state record of a projection. Personal fields are no part of any. */
export type SignalDefinition<S extends z.ZodObject = z.ZodObject> = {
  /** `SegmentEntered`: what became so. */
  readonly name: string;
  readonly topic: Signal['topic'];
  /** As it stands in {@link Signal.kind}: the name; of a state the projection's name. */
  readonly kind: string;
  /** `retention.understanding.<signal-in-kebab-case>`, without version. */
  readonly type: string;
  readonly version: number;
  readonly data: S;
  readonly example: z.infer<S>;
};

/** Data of a defined signal: `SignalDataOf<typeof segmentEntered>`. */
export type SignalDataOf<D extends SignalDefinition> = z.infer<D['data']>;

export function defineSignal<S extends z.ZodObject>(definition: {
  readonly name: string;
  readonly topic?: Signal['topic'];
  readonly kind?: string;
  readonly data: S;
  readonly example: z.infer<S>;
}): SignalDefinition<S> {
  const { name, topic = 'signals', kind = name, data, example } = definition;
  return { name, topic, kind, type: `retention.understanding.${kebab(name)}`, version: 1, data, example };
}

/** All kinds of signals that a process knows. */
export class SignalRegistry {
  private readonly byKind: ReadonlyMap<string, SignalDefinition>;

  constructor(definitions: readonly SignalDefinition[]) {
    this.byKind = new Map(definitions.map((definition) => [`${definition.topic} ${definition.kind}`, definition]));
    if (this.byKind.size < definitions.length) throw new Error('two signals of one topic are of one kind');
  }

  get(topic: Signal['topic'], kind: string): SignalDefinition | undefined {
    return this.byKind.get(`${topic} ${kind}`);
  }

  all(): readonly SignalDefinition[] {
    return [...this.byKind.values()];
  }
}
