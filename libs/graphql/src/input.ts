/** The words of a mutation's input: without what every mutation carries, and without fields that were left out. */
export type Fields<Input> = {
  -readonly [Name in keyof Input as Exclude<Name, 'idempotencyKey' | 'expectedVersion' | '__typename'>]: NonNullable<Input[Name]>;
};

/** @see Fields. A field that was sent as null was left out. */
export function fieldsOf<Input extends object>(input: Input): Fields<Input> {
  const { idempotencyKey: _, expectedVersion: __, ...rest } = input as Input & { idempotencyKey?: unknown; expectedVersion?: unknown };
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined)) as Fields<Input>;
}

/** An enum value of the graph as facts have it. */
export function lower<Value extends string>(value: Value): Lowercase<Value> {
  return value.toLowerCase() as Lowercase<Value>;
}

/** A value of facts as the graph's enums have it. */
export function upper<Value extends string>(value: Value): Uppercase<Value> {
  return value.toUpperCase() as Uppercase<Value>;
}

/** A DateTime of the graph as facts have moments: UTC with milliseconds. */
export function momentOf(dateTime: string): string {
  return new Date(dateTime).toISOString();
}
