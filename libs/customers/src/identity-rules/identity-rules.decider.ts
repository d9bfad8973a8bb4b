import { accept, type Decider, refuse } from '@tsunagari/command';
import { type Fact, identityRulesChanged, type IdentityRulesChanged, refusal } from '@tsunagari/contracts';

/** The rules of merging as a person wishes them. Types that `limits` does not name keep the limit of the platform. */
export type ChangeIdentityRules = { readonly kind: 'ChangeIdentityRules'; readonly by: string } & WishedRules;
export type WishedRules = Pick<IdentityRulesChanged, 'limits' | 'windows' | 'priority' | 'clusterLimit'>;

/** The rules in force; null while they are those of the platform, which are version 1. */
export type IdentityRulesState = IdentityRulesChanged | null;

/** What contradicts itself is refused before it is applied to all history; who would merge or come apart, the preview says. */
export const identityRulesDecider: Decider<ChangeIdentityRules, IdentityRulesState> = {
  initial: null,
  evolve: (state, fact: Fact) => (fact.type === identityRulesChanged.type ? (fact.data as IdentityRulesChanged) : state),
  decide({ limits, windows, priority, clusterLimit, by }, state) {
    const beyond = Object.entries(limits).find(([, limit]) => limit > clusterLimit);
    if (beyond)
      return refuse(
        refusal(
          'INVALID_FIELD',
          `limits.${beyond[0]}`,
          `a limit of one type is at most the limit of the whole customer, ${clusterLimit}`,
          'raise clusterLimit, or lower this limit',
        ),
      );
    if (state && sameRules(state, { limits, windows, priority, clusterLimit })) return accept();
    return accept({
      definition: identityRulesChanged,
      subject: null,
      data: { version: (state?.version ?? 1) + 1, limits, windows, priority, clusterLimit, by },
    });
  },
};

function sameRules(a: WishedRules, b: WishedRules): boolean {
  const sorted = (days: WishedRules['limits']): unknown => Object.entries(days).sort(([x], [y]) => (x < y ? -1 : 1));
  const text = ({ limits, windows, priority, clusterLimit }: WishedRules): string =>
    JSON.stringify([sorted(limits), sorted(windows), priority, clusterLimit]);
  return text(a) === text(b);
}
