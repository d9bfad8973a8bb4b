import { goalAchieved, goalConfirmed } from '@tsunagari/contracts';
import { defineProjection, type ProjectionDefinition } from '@tsunagari/projection';
import { calendarOf, type DayNumber } from '../calendar';

/** How far a customer has come with one purpose: the first day on which she confirmed a goal of it, and on which one was achieved. */
export type PurposeHistory = { readonly confirmed: DayNumber | null; readonly achieved: DayNumber | null };

export type OutcomesState = { readonly purposes: Readonly<Record<string, PurposeHistory>> };

const NONE: PurposeHistory = { confirmed: null, achieved: null };

/**
 * What a customer set out for and reached, as it was announced: under the version of the indicator that was approved then. A goal that is
 * declared anew, or by another identifier of hers, changes no first day. Read model `understanding.outcomes`.
 */
export function outcomesProjection(timeZone = 'UTC'): ProjectionDefinition<OutcomesState> {
  const dayAt = calendarOf(timeZone);
  return defineProjection<OutcomesState>({
    name: 'outcomes',
    version: 1,
    types: [goalConfirmed.type, goalAchieved.type],
    key: 'customer',
    initial: { purposes: {} },
    evolve(state, { type, data, occurred }) {
      const { purposeId } = data as { purposeId: string };
      const known = state.purposes[purposeId] ?? NONE;
      const first = type === goalConfirmed.type ? 'confirmed' : 'achieved';
      if (known[first] !== null) return state;
      return { purposes: { ...state.purposes, [purposeId]: { ...known, [first]: dayAt(occurred) } } };
    },
    columns: [
      // Ids of purposes hold no space.
      { name: 'purposes', sql: 'text', value: ({ purposes }) => Object.keys(purposes).join(' ') },
    ],
  });
}

/** The first day on which she had achieved a purpose, or any; null while she has not. */
export function firstAchieved({ purposes }: OutcomesState, purposeId: string | null): DayNumber | null {
  const histories = purposeId === null ? Object.values(purposes) : [purposes[purposeId] ?? NONE];
  const days = histories.flatMap(({ achieved }) => achieved ?? []);
  return days.length === 0 ? null : Math.min(...days);
}
