import { facts as registry, type Fact } from '@tsunagari/contracts';

/** A recorded fact as this release reads it. Throws for a version that only a newer release knows. */
export function upcast(fact: Fact): Fact {
  const decoded = registry.decode(fact);
  if (decoded.kind === 'newer-version')
    throw new Error(
      `${fact.type} version ${fact.schema} was written by a newer release; this one knows ${decoded.known}. Upgrade this process.`,
    );
  return decoded.kind === 'decoded' ? { ...fact, data: decoded.data } : fact;
}
