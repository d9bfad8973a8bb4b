import { isPosition } from '@tsunagari/contracts';
import { GraphQLScalarType, Kind, type GraphQLSchema } from 'graphql';
import { failure } from './failures';

type TextScalar = { readonly name: string; readonly rule: string; readonly accepts: (text: string) => boolean };

const textScalars: readonly TextScalar[] = [
  { name: 'DateTime', rule: 'a moment in ISO 8601 with its offset, like 2010-12-01T08:26:00.000Z', accepts: isDateTime },
  { name: 'Day', rule: 'a day as YYYY-MM-DD', accepts: isDay },
  { name: 'Decimal', rule: 'a decimal number as text, like "12.50"', accepts: (text) => /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/.test(text) },
  { name: 'Position', rule: 'a position as a mutation or a freshness returned it', accepts: isPosition },
];

/** The resolvers of the shared scalars. All are text on the wire. */
export const scalarResolvers: Readonly<Record<string, GraphQLScalarType>> = Object.fromEntries(
  textScalars.map((scalar) => [scalar.name, scalarOf(scalar)]),
);

/** Gives the scalars of a schema that was built from SDL their meaning, so that bad input is refused before anything is asked. */
export function withScalars(schema: GraphQLSchema): GraphQLSchema {
  for (const [name, scalar] of Object.entries(scalarResolvers)) {
    const type = schema.getType(name);
    if (type instanceof GraphQLScalarType) Object.assign(type, { parseValue: scalar.parseValue, parseLiteral: scalar.parseLiteral });
  }
  return schema;
}

/** A number as plain decimal text, without an exponent. Throws on what is not finite: a score must not be shown as NaN. */
export function decimalText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`not a finite number: ${value}`);
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

function scalarOf({ name, rule, accepts }: TextScalar): GraphQLScalarType<string, string> {
  const read = (value: unknown): string => {
    if (typeof value !== 'string' || !accepts(value)) throw failure('BAD_USER_INPUT', `Not a ${name}.`, { rule });
    return value;
  };
  return new GraphQLScalarType<string, string>({
    name,
    serialize: (value) => {
      const text = typeof value === 'number' ? decimalText(value) : value instanceof Date ? value.toISOString() : value;
      if (typeof text !== 'string' || !accepts(text)) throw new TypeError(`a resolver returned ${String(value)} for ${name}`);
      return text;
    },
    parseValue: read,
    parseLiteral: (node) => read(node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT ? node.value : undefined),
  });
}

function isDateTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text));
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}
