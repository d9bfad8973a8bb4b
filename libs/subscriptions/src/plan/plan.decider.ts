import { accept, refuse, type Decider } from '@tsunagari/command';
import { planDefined, planPublished, planRetired, refusal, type Fact, type PlanDefined, type PlanPublished } from '@tsunagari/contracts';

export type DefinePlan = {
  readonly kind: 'DefinePlan';
  /** Absent: the next version. Naming a version that stands is refused, unless everything is as it stands. */
  readonly planVersion?: number;
} & Omit<PlanDefined, 'planVersion'>;

export type PlanCommand =
  | DefinePlan
  | { readonly kind: 'PublishPlan'; readonly planId: string; readonly planVersion: number }
  | { readonly kind: 'RetirePlan'; readonly planId: string; readonly reason?: string };

/** A plan: its versions from the first on, which of them customers can take, and whether anybody still can. */
export type PlanState = {
  readonly versions: readonly PlanDefined[];
  readonly published: readonly number[];
  readonly retired: boolean;
};

export const planDecider: Decider<PlanCommand, PlanState> = {
  initial: { versions: [], published: [], retired: false },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case planDefined.type:
        return { ...state, versions: [...state.versions, fact.data as PlanDefined] };
      case planPublished.type:
        return { ...state, published: [...state.published, (fact.data as PlanPublished).planVersion] };
      case planRetired.type:
        return { ...state, retired: true };
      default:
        return state;
    }
  },

  decide(command, state) {
    switch (command.kind) {
      case 'DefinePlan': {
        const { kind: _, planVersion, ...plan } = command;
        const next = state.versions.length + 1;
        const first = state.versions[0];
        if (state.retired) return refuse(refusal('PLAN_RETIRED', 'planId', 'a retired plan gets no new version', 'define another plan'));
        if (planVersion !== undefined && planVersion < next)
          return refuse(
            refusal(
              'PLAN_VERSION_FIXED',
              'planVersion',
              'a version that stands never changes: who signed up for it keeps it',
              `leave planVersion out to define version ${next}`,
            ),
          );
        if (planVersion !== undefined && planVersion > next)
          return refuse(refusal('INVALID_FIELD', 'planVersion', `versions follow one another: the next is ${next}`));
        if (plan.price.amountMinor < 0) return refuse(refusal('INVALID_FIELD', 'price', 'a price is not negative'));
        if (first && first.family !== plan.family)
          return refuse(
            refusal('INVALID_FIELD', 'family', `every version stays in the family of the first, ${first.family}`, 'define another plan'),
          );
        return accept({ definition: planDefined, subject: null, data: { ...plan, planVersion: next } });
      }
      case 'PublishPlan':
        if (!state.versions.some(({ planVersion }) => planVersion === command.planVersion))
          return refuse(refusal('UNKNOWN_PLAN', 'planVersion', 'only a defined version can be published', 'define it first'));
        if (state.retired) return refuse(refusal('PLAN_RETIRED', 'planId', 'a retired plan is not published again', 'define another plan'));
        if (state.published.includes(command.planVersion)) return accept();
        return accept({
          definition: planPublished,
          subject: null,
          data: { planId: command.planId, planVersion: command.planVersion },
        });
      case 'RetirePlan':
        if (state.versions.length === 0) return refuse(refusal('UNKNOWN_PLAN', 'planId', 'only a defined plan can be retired'));
        if (state.retired) return accept();
        return accept({
          definition: planRetired,
          subject: null,
          data: { planId: command.planId, ...(command.reason === undefined ? {} : { reason: command.reason }) },
        });
    }
  },
};
