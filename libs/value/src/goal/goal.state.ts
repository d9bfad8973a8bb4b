import type { GoalDeclared, OutcomeObserved } from '@tsunagari/contracts';
import type { Observation } from './evaluation';

export type GoalStatus = 'declared' | 'confirmed' | 'achieved' | 'lapsed' | 'abandoned';

/** A goal of a customer as it stands. */
export type Goal = {
  readonly goalId: string;
  readonly subject: string;
  readonly purposeId: string;
  readonly nth: number;
  readonly status: GoalStatus;
  readonly source: GoalDeclared['source'];
  readonly indicatorId: string;
  readonly unit: string;
  /** Sealed. */
  readonly wish: string | null;
  /** The type of the fact that holds the wish: whoever opens it says where it belongs. */
  readonly wishOf: string | null;
  readonly declaredAt: string;
  readonly confirmedAt: string | null;
  readonly achievedAt: string | null;
  readonly observations: readonly (Observation & Pick<OutcomeObserved, 'method' | 'evidenceIds'>)[];
  /** The newest evaluated value; null before the first. */
  readonly progress: string | null;
  readonly indicatorVersion: number | null;
  readonly commitment: {
    readonly promiseId: string;
    readonly dueAt: string;
    readonly missed: boolean;
    readonly remedied: boolean;
  } | null;
};

/** The one open goal of a purpose: where a second would be refused. */
export function isOpen({ status }: Pick<Goal, 'status'>): boolean {
  return status !== 'abandoned';
}
