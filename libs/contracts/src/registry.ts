import { z } from 'zod';
import { sealedSchema } from './sealed';

/**
 * The contract of one kind of fact. `data` describes the plaintext at the newest version; the fields named in `personal` (top
 * level of `data`) are sealed with the subject's key before they reach the store, so a recorded fact holds a `Sealed` there.
 */
export type FactDefinition<S extends z.ZodObject = z.ZodObject> = {
  /** `OrderPlaced`: past tense. */
  readonly name: string;
  readonly context: Context;
  /** `retention.<context>.<event-in-kebab-case>`, without version. */
  readonly type: string;
  /** The newest version. */
  readonly version: number;
  readonly data: S;
  readonly personal: readonly string[];
  /** Whether the fact belongs to a subject (a customer's identifier); facts of no customer have none. */
  readonly ofSubject: boolean;
  /** One plaintext example per version, oldest first: kept for ever, every one must still decode. */
  readonly examples: readonly unknown[];
  /** `upcast[n]` turns recorded data of version n into version n+1. */
  readonly upcast: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
};

export type Context = 'customers' | 'subscriptions' | 'intake' | 'understanding' | 'value' | 'touchpoints' | 'proposals' | 'operations';

/** Plaintext data of a defined fact: `DataOf<typeof orderPlaced>`. */
export type DataOf<D extends FactDefinition> = z.infer<D['data']>;

export function defineFact<S extends z.ZodObject>(definition: {
  name: string;
  context: Context;
  version?: number;
  data: S;
  personal?: readonly (keyof z.infer<S> & string)[];
  ofSubject?: boolean;
  examples: readonly unknown[];
  upcast?: FactDefinition['upcast'];
}): FactDefinition<S> {
  return {
    name: definition.name,
    context: definition.context,
    type: `retention.${definition.context}.${kebab(definition.name)}`,
    version: definition.version ?? 1,
    data: definition.data,
    personal: definition.personal ?? [],
    ofSubject: definition.ofSubject ?? true,
    examples: definition.examples,
    upcast: definition.upcast ?? {},
  };
}

/** The schema of `data` as it is recorded: personal fields are sealed text. */
export function storedSchema(definition: FactDefinition): z.ZodObject {
  const sealed: Record<string, z.ZodType> = {};
  for (const field of definition.personal) {
    const plain = definition.data.shape[field] as z.ZodType | undefined;
    sealed[field] = plain?.safeParse(undefined).success ? sealedSchema.optional() : sealedSchema;
  }
  return definition.data.extend(sealed);
}

export type DecodeResult =
  | { readonly kind: 'decoded'; readonly data: Record<string, unknown> }
  | { readonly kind: 'unknown-type' }
  | { readonly kind: 'newer-version'; readonly known: number };

/** All kinds of facts that a process knows, by type. */
export class FactRegistry {
  private readonly byType: ReadonlyMap<string, FactDefinition>;

  constructor(definitions: readonly FactDefinition[]) {
    const byType = new Map<string, FactDefinition>();
    for (const definition of definitions) {
      if (byType.has(definition.type)) throw new Error(`two facts are called ${definition.type}`);
      for (let version = 1; version < definition.version; version++)
        if (!definition.upcast[version]) throw new Error(`${definition.type} cannot be read: no upcast from version ${version}`);
      byType.set(definition.type, definition);
    }
    this.byType = byType;
  }

  get(type: string): FactDefinition | undefined {
    return this.byType.get(type);
  }

  all(): readonly FactDefinition[] {
    return [...this.byType.values()];
  }

  /** Recorded data brought up to the newest version. A version newer than this process knows is said, never guessed at. */
  decode(fact: { readonly type: string; readonly schema: number; readonly data: unknown }): DecodeResult {
    const definition = this.byType.get(fact.type);
    if (!definition) return { kind: 'unknown-type' };
    if (fact.schema > definition.version) return { kind: 'newer-version', known: definition.version };
    let data = fact.data as Record<string, unknown>;
    for (let version = fact.schema; version < definition.version; version++) data = definition.upcast[version]?.(data) ?? data;
    return { kind: 'decoded', data };
  }
}

/** `OrderPlaced` → `order-placed`. */
export function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();
}
