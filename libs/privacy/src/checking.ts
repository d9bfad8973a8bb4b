import { type FactDefinition, refusal, type Refusal } from '@tsunagari/contracts';
import { canonicalJson, NotCanonical } from './canonical-json';

/** Data that keeps its contract, with its canonical text; or the first rule that it breaks. */
export type Checked =
  | { readonly kind: 'valid'; readonly data: Record<string, unknown>; readonly canonical: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

type Issue = { readonly code: string; readonly path: readonly PropertyKey[]; readonly message: string; readonly keys?: readonly string[] };

/** Checks plaintext data against the contract of its fact. */
export function check(definition: FactDefinition, data: unknown): Checked {
  const result = definition.data.safeParse(data);
  if (!result.success) return { kind: 'refused', refusal: refusalOf(definition, data, result.error.issues[0] as Issue) };
  const parsed: Record<string, unknown> = result.data;
  try {
    return { kind: 'valid', data: parsed, canonical: canonicalJson(parsed) };
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
    return { kind: 'refused', refusal: refusal('INVALID_FIELD', error.path || null, error.rule) };
  }
}

/** The first broken rule, in words. Zod's messages never repeat the input, so nothing personal gets into a refusal. */
function refusalOf(definition: FactDefinition, data: unknown, issue: Issue): Refusal {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const field = [...path, ...(issue.keys ?? []).slice(0, 1)].join('.');
    return refusal('UNKNOWN_FIELD', field, `${definition.name} has no field ${field}`, 'Leave it out, or correct its name.');
  }
  const field = path.length === 0 ? null : path.join('.');
  if (issue.code !== 'invalid_key' && field !== null && at(data, path) === undefined)
    return refusal('MISSING_FIELD', field, `${definition.name} needs ${field}`, `Send ${field}.`);
  return refusal('INVALID_FIELD', field, `${field ?? definition.name}: ${issue.message}`);
}

function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    data,
  );
}
