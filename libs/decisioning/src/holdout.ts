import type { Holdout } from './offer';

/** FNV-1a, 32 bits, over UTF-16 code units: as GrowthBook's SDKs hash. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Where a unit falls in [0, 1), in ten-thousandths: GrowthBook's hash version 2, unbiased between experiments of different salts. */
export function bucketOf(salt: string, unit: string): number {
  return (fnv1a(String(fnv1a(salt + unit))) % 10_000) / 10_000;
}

/** GrowthBook's hash version 1, in thousandths; for assignments that were made with it elsewhere. */
export function bucketOfVersion1(salt: string, unit: string): number {
  return (fnv1a(unit + salt) % 1000) / 1000;
}

/** Whether the unit is held out, and its bucket. `from` is inclusive, `to` exclusive. */
export function assignmentOf(holdout: Holdout, unit: string): { readonly bucket: number; readonly heldOut: boolean } {
  const bucket = bucketOf(holdout.salt, unit);
  return { bucket, heldOut: bucket >= holdout.from && bucket < holdout.to };
}

/** The first holdout that covers the slot and holds the unit. */
export function holdoutOf(
  holdouts: readonly Holdout[],
  slot: string,
  unit: string,
): { readonly id: string; readonly bucket: number } | null {
  for (const holdout of holdouts) {
    if (holdout.slots !== null && !holdout.slots.includes(slot)) continue;
    const { bucket, heldOut } = assignmentOf(holdout, unit);
    if (heldOut) return { id: holdout.id, bucket };
  }
  return null;
}
