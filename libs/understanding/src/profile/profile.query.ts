import { isRedacted, traitsUpdated } from '@tsunagari/contracts';
import type { Keyring } from '@tsunagari/privacy';
import type { Pool } from 'pg';
import type { ProfileState } from './profile.projection';

/** Who these customers are, by id. One query for a page of customers. */
export async function profilesOf(pool: Pool, keys: readonly string[]): Promise<ReadonlyMap<string, ProfileState>> {
  const { rows } = await pool.query<{ key: string; state: ProfileState }>(
    'select key, state from understanding.profile where key = any($1::uuid[])',
    [keys],
  );
  return new Map(rows.map(({ key, state }) => [key, state]));
}

/**
 * The traits as they stand: opened, the later word over the earlier; `null` removes a trait, the empty string sets it. What was said
 * under a subject whose key is destroyed is gone.
 */
export async function openTraits(keyring: Pick<Keyring, 'open'>, state: ProfileState): Promise<Readonly<Record<string, unknown>>> {
  if (state.traits.length === 0) return {};
  const opened = await keyring.open(
    state.traits.map(({ subject, traits }) => ({ subject, sealed: traits, of: { type: traitsUpdated.type, field: 'traits' } })),
  );
  const standing = new Map<string, unknown>();
  for (const said of opened) {
    if (isRedacted(said) || typeof said !== 'object' || said === null) continue;
    for (const [trait, value] of Object.entries(said)) {
      if (value === null) standing.delete(trait);
      else standing.set(trait, value);
    }
  }
  return Object.fromEntries(standing);
}
