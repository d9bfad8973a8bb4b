import type { Fact, FactRegistry } from '@tsunagari/contracts';

/**
 * Facts brought up to the newest version. Facts of unknown types are left out and counted. Throws for a version newer than this
 * process knows: guessing would be worse than waiting for the newer process.
 */
export function decodeFor(registry: FactRegistry, facts: readonly Fact[]): { readonly facts: readonly Fact[]; readonly unknown: number } {
  let unknown = 0;
  const decoded: Fact[] = [];
  for (const fact of facts) {
    const result = registry.decode(fact);
    if (result.kind === 'decoded') decoded.push(result.data === fact.data ? fact : { ...fact, data: result.data });
    else if (result.kind === 'unknown-type') unknown++;
    else throw new Error(`${fact.type} version ${fact.schema} is newer than this process knows (${result.known})`);
  }
  return { facts: decoded, unknown };
}
