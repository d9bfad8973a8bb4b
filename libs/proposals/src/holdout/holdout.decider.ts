import { accept, type Decider, refuse } from '@tsunagari/command';
import { holdoutDefined, refusal, type Fact, type HoldoutDefined } from '@tsunagari/contracts';

export type DefineHoldout = { readonly kind: 'DefineHoldout' } & HoldoutDefined;

/** As it stands; null before. */
export type HoldoutState = HoldoutDefined | null;

/** Defining it again moves its ends outward; whoever was held out stays so. */
export const holdoutDecider: Decider<DefineHoldout, HoldoutState> = {
  initial: null,

  evolve: (state, fact: Fact) => (fact.type === holdoutDefined.type ? (fact.data as HoldoutDefined) : state),

  decide({ kind: _, ...holdout }, state) {
    if (holdout.to <= holdout.from) return refuse(refusal('END_BEFORE_START', 'to', 'a holdout ends above where it begins'));
    if (state === null) return accept({ definition: holdoutDefined, subject: null, data: holdout });
    if (holdout.salt !== state.salt)
      return refuse(
        refusal('HOLDOUT_RESALTED', 'salt', 'a holdout keeps its salt: another one would draw other customers', 'define another holdout'),
      );
    if (holdout.from > state.from || holdout.to < state.to)
      return refuse(
        refusal('HOLDOUT_SHRINKS', 'to', `a holdout only grows: it is [${state.from}, ${state.to})`, 'keep its ends, or move them outward'),
      );
    if (holdout.from === state.from && holdout.to === state.to && holdout.slots?.join() === state.slots?.join()) return accept();
    return accept({ definition: holdoutDefined, subject: null, data: holdout });
  },
};
