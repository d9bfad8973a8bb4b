import { isSealed } from '@tsunagari/contracts';

export type StateChange = { readonly path: string; readonly before: string | null; readonly after: string | null };

/** Where two states differ, leaf by leaf, in the order of their members; `undefined` for a state that is not there. Pure. */
export function differencesOf(before: unknown, after: unknown, path: readonly string[] = []): readonly StateChange[] {
  if (isNode(before) && isNode(after) && Array.isArray(before) === Array.isArray(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differencesOf(memberOf(before, name), memberOf(after, name), [...path, name]));
  }
  const [was, is] = [textOf(before), textOf(after)];
  return was === is ? [] : [{ path: path.join('.'), before: was, after: is }];
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function memberOf(node: object, name: string): unknown {
  return Object.entries(node).find(([each]) => each === name)?.[1];
}

function textOf(value: unknown): string | null {
  if (value === undefined) return null;
  return JSON.stringify(value, (_, member: unknown) => (isSealed(member) ? 'sealed' : member)) ?? null;
}
