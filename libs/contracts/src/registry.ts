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
  /** `downcast[n]` undoes `upcast[n]`, for a consumer that knows no newer version than n: data, or why n has no words for this fact. */
  readonly downcast: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown> | CannotSay>>;
};

/** A version has no words for a fact: answered by a downcast in place of data. */
export class CannotSay {
  constructor(readonly because: string) {}
}

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
  downcast?: FactDefinition['downcast'];
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
    downcast: definition.downcast ?? {},
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

/**
 * A fact as somebody reads it who knows its type up to a certain version. `cannot-say`: `version` is the one that has no words for it
 * (`NO_WORDS`), or whose words would not give the fact again (`LOSES`).
 */
export type ReadAsResult =
  DecodeResult | { readonly kind: 'cannot-say'; readonly version: number; readonly reason: 'NO_WORDS' | 'LOSES'; readonly because: string };

type RecordedData = { readonly type: string; readonly schema: number; readonly data: unknown };

/** All kinds of facts that a process knows, by type. */
export class FactRegistry {
  private readonly byType: ReadonlyMap<string, FactDefinition>;

  constructor(definitions: readonly FactDefinition[]) {
    const byType = new Map<string, FactDefinition>();
    for (const definition of definitions) {
      if (byType.has(definition.type)) throw new Error(`two facts are called ${definition.type}`);
      for (let version = 1; version < definition.version; version++) {
        if (!definition.upcast[version]) throw new Error(`${definition.type} cannot be read: no upcast from version ${version}`);
        if (!definition.downcast[version])
          throw new Error(`${definition.type} leaves old consumers alone: no downcast to version ${version}`);
      }
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
  decode(fact: RecordedData): DecodeResult {
    const definition = this.byType.get(fact.type);
    if (!definition) return { kind: 'unknown-type' };
    if (fact.schema > definition.version) return { kind: 'newer-version', known: definition.version };
    return { kind: 'decoded', data: broughtUp(definition, fact, definition.version) };
  }

  /**
   * Recorded data as version `wanted` of its type says it, for a consumer that knows no newer one. Lossless or refused: what is answered
   * gives the recorded data again when it is brought up. Throws a RangeError for a version that the type never had.
   */
  readAs(fact: RecordedData, wanted: number): ReadAsResult {
    const definition = this.byType.get(fact.type);
    if (!definition) return { kind: 'unknown-type' };
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > definition.version)
      throw new RangeError(`${fact.type} has versions 1 to ${definition.version}; ${wanted} is none`);
    if (fact.schema > definition.version) return { kind: 'newer-version', known: definition.version };
    let data = broughtUp(definition, fact, wanted);
    for (let version = fact.schema - 1; version >= wanted; version--) {
      const older = definition.downcast[version]?.(data) ?? data;
      if (older instanceof CannotSay) return { kind: 'cannot-say', version, reason: 'NO_WORDS', because: older.because };
      if (!sameJson(definition.upcast[version]?.(older), data))
        return { kind: 'cannot-say', version, reason: 'LOSES', because: `version ${version} would say less than was recorded` };
      data = older;
    }
    return { kind: 'decoded', data };
  }
}

function broughtUp({ upcast }: FactDefinition, { schema, data: recorded }: RecordedData, wanted: number): Record<string, unknown> {
  let data = recorded as Record<string, unknown>;
  for (let version = schema; version < wanted; version++) data = upcast[version]?.(data) ?? data;
  return data;
}

/** Whether two values are the same JSON, whatever the order of their fields. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  return [...new Set([...left.keys(), ...right.keys()])].every((key) => sameJson(left.get(key), right.get(key)));
}

/** `OrderPlaced` → `order-placed`. */
export function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();
}
