/** Half a year of Mondays, nine in the morning in Tokyo. */
export const FIRST_MONDAY = '2026-01-05T00:00:00.000Z';
export const LAST_WEEK = 26;
/** Points of a self-assessment from which hair combs through: the threshold of the indicators. */
export const ACHIEVED_AT = 4;

const WEEK = 7 * 86_400_000;

/** The moment of a week's Monday, or so many milliseconds after it. */
export function weekAt(week: number, after = 0): string {
  return new Date(Date.parse(FIRST_MONDAY) + week * WEEK + after).toISOString();
}
export const HOUR = 3_600_000;
