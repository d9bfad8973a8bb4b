import type { NamedIdentifier } from '@tsunagari/command';
import type { IdentifierType } from '@tsunagari/contracts';

type Identifier = { readonly type: Uppercase<IdentifierType>; readonly value: string };

/** An identifier as commands have it. */
export function named({ type, value }: Identifier): NamedIdentifier {
  return { type: type.toLowerCase() as IdentifierType, value };
}

/** Whom a mutation names; nobody where a customer's own token asks. */
export function who({ customer }: { readonly customer?: Identifier | null | undefined }): { customer?: NamedIdentifier } {
  return customer == null ? {} : { customer: named(customer) };
}

/** The fields that are there: a null of GraphQL is a field left out. */
export function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** As facts have it: UTC with milliseconds. */
export function moment(text: string): string {
  return new Date(text).toISOString();
}

/** A list of names and values as a record. */
export function record(values: readonly { readonly name: string; readonly value: string }[] | null | undefined): Record<string, string> {
  return Object.fromEntries((values ?? []).map(({ name, value }) => [name, value]));
}
