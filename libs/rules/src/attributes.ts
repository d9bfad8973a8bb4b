/** What an attribute holds. Times are ISO 8601 UTC text in values, timestamps in rules; a list holds text. */
export type AttributeType = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'list<string>' | 'map<string, string>';

/** An attribute that rules may read. */
export type Attribute = {
  readonly type: AttributeType;
  /** What it means, for whoever writes a rule: unit, and when it is unknown. */
  readonly meaning: string;
  /** Why decisions about a person may not read it; such an attribute can be declared and looked at, but not named in a rule. */
  readonly barred?: string;
};

/** The attributes of one kind of rule, by name: lower case with underscores, as rules write them. */
export type Vocabulary = Readonly<Record<string, Attribute>>;

export type AttributeValue = boolean | number | string | readonly string[] | Readonly<Record<string, string>>;

/** What is known of one customer. An attribute that is absent or null is unknown: that is not the same as zero or false. */
export type AttributeValues = Readonly<Record<string, AttributeValue | null | undefined>>;

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const RESERVED = new Set([
  'known',
  'has',
  'size',
  'type',
  'dyn',
  'cel',
  'duration',
  'timestamp',
  'int',
  'double',
  'string',
  'bool',
  'in',
  'true',
  'false',
  'null',
]);

/** Checks the names. Throws a RangeError for one that no rule could write: a bug of whoever declares it. */
export function defineVocabulary<V extends Vocabulary>(vocabulary: V): V {
  for (const name of Object.keys(vocabulary))
    if (!NAME.test(name) || RESERVED.has(name)) throw new RangeError(`no attribute may be called ${JSON.stringify(name)}`);
  return vocabulary;
}

/** The value as CEL has it; undefined when it is unknown or of another type than declared. */
export function celValue(type: AttributeType, value: AttributeValue | null | undefined): unknown {
  switch (type) {
    case 'int':
      return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'timestamp':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined;
    case 'list<string>':
      return Array.isArray(value) ? value : undefined;
    case 'map<string, string>':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  }
}
