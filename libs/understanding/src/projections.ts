import type { AnyProjection } from '@tsunagari/projection';
import { experienceProjection } from './experience/experience.projection';
import { holdingsProjection } from './holdings/holdings.projection';
import { outcomesProjection } from './outcomes/outcomes.projection';
import { profileProjection } from './profile/profile.projection';
import { purchasesProjection } from './purchases/purchases.projection';
import { reachProjection } from './reach/reach.projection';

/** The folds of understanding whose definition is code, for the days of a zone. */
export function understandingProjections(timeZone = 'UTC'): readonly AnyProjection[] {
  return [
    purchasesProjection(timeZone),
    profileProjection,
    holdingsProjection(timeZone),
    experienceProjection(timeZone),
    reachProjection(timeZone),
    outcomesProjection(timeZone),
  ];
}
