/** Segment's reserved traits that are written in two ways; ours is camelCase. */
const SNAKE_CASE: Readonly<Record<string, string>> = {
  created_at: 'createdAt',
  first_name: 'firstName',
  last_name: 'lastName',
};

/** Traits with reserved names in camelCase. Where both forms stand, camelCase wins. `null` (removes) and `''` (sets) stay. */
export function normaliseTraits(traits: Record<string, unknown>): Record<string, unknown> {
  const normal: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(traits)) {
    const ours = SNAKE_CASE[name];
    if (ours === undefined) normal[name] = value;
    else if (traits[ours] === undefined) normal[ours] = value;
  }
  return normal;
}
