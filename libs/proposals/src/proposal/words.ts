import type { Change, Explanation, ExclusionRule, Score } from '@tsunagari/decisioning';

export type Words = { readonly ja: string; readonly en: string };

const RULES: Readonly<Record<ExclusionRule, Words>> = {
  not_valid_now: { ja: '今は提供期間外です', en: 'It is not on offer at this time' },
  other_currency: { ja: '方針と通貨が異なります', en: 'It is in another currency than the policy' },
  no_consent: { ja: 'この連絡への同意がありません', en: 'There is no consent to this contact' },
  not_eligible: { ja: '対象条件を満たしません', en: 'Its rule of eligibility does not hold' },
  eligibility_unknown: { ja: '対象条件に必要な情報が分かっていません', en: 'Something that its rule of eligibility reads is not known' },
  expansion_before_achievement: { ja: '目的の達成前に追加の販売は勧めません', en: 'More is sold only after an outcome is reached' },
  open_complaint: { ja: '苦情への対応中です', en: 'A complaint is open' },
  open_cancel: { ja: '解約の手続き中です', en: 'A cancellation is open' },
  frequency_cap: { ja: '連絡回数の上限に達しています', en: 'The cap on messages is reached' },
  quiet_hours: { ja: '連絡を控える時間帯です', en: 'It is quiet hours where she lives' },
  per_customer_cap: { ja: 'この方への提示回数の上限に達しています', en: 'She has been shown it as often as allowed' },
  declined_lately: { ja: '最近お断りになりました', en: 'She declined it lately' },
  snoozed: { ja: '後にしてほしいとのことです', en: 'She asked to be left alone with it for now' },
  total_cap: { ja: '全体の上限に達しています', en: 'As many as planned have been proposed' },
  coupon_without_uplift: {
    ja: '値引きを上回る増分効果が確かめられていません',
    en: 'No uplift outweighs its discount: it would pay those who buy anyway',
  },
  worth_less_than_nothing: { ja: '何もしないより価値が低くなります', en: 'It is worth less than doing nothing' },
  beyond_short_list: { ja: '上位の候補に入りませんでした', en: 'It scores below the short list' },
};

export function wordsOfRule(rule: string): Words {
  return RULES[rule as ExclusionRule] ?? { ja: rule, en: rule };
}

/** Money for people: minor units and the currency, as they are compared. */
function amount(minor: number, currency: string): string {
  return `${Math.round(minor * 100) / 100} ${currency}`;
}

export function wordsOfChange(change: Change, currency: string, nameOf: (offer: number | null) => Words): Words {
  switch (change.kind) {
    case 'margin': {
      const name = nameOf(change.offer);
      const by = amount(change.by, currency);
      return {
        ja: `「${name.ja}」の価値があと${by}(最小単位)高ければ選ばれていました`,
        en: `“${name.en}” would be first if it were worth ${by} (minor units) more`,
      };
    }
    case 'purpose_value': {
      const name = nameOf(change.offer);
      const to = amount(change.to, currency);
      return {
        ja: `目的「${change.purpose}」の価値が${to}(最小単位)になれば「${name.ja}」と並びます`,
        en: `At a value of ${to} (minor units) for the purpose “${change.purpose}”, “${name.en}” draws level`,
      };
    }
    case 'rule': {
      const name = nameOf(change.offer);
      const rule = wordsOfRule(change.rule);
      return {
        ja: `「${name.ja}」は次の規則がなければ選ばれていました: ${rule.ja}`,
        en: `“${name.en}” would be first but for this rule: ${rule.en}`,
      };
    }
  }
}

/** The decision in a sentence. */
export function wordsOfDecision(explanation: Explanation, heldOut: boolean, chosen: Words | null, currency: string): Words {
  if (heldOut)
    return { ja: '効果を測るための対照群なので、何も提示しません', en: 'Held out, so that effects can be measured: nothing is shown' };
  if (chosen === null) return { ja: '何もしないことが選ばれました', en: 'Doing nothing was chosen' };
  const { runnerUp, explored } = explanation;
  const margin = runnerUp === null ? '' : amount(runnerUp.margin, currency);
  if (explored) return { ja: `「${chosen.ja}」は学習のための試行として選ばれました`, en: `“${chosen.en}” was chosen by chance, to learn` };
  return {
    ja: `「${chosen.ja}」が次点との差${margin}で選ばれました`,
    en: `“${chosen.en}” was chosen, ${margin} ahead of the next`,
  };
}

/** Why she sees it, for her: what it helps with, never what it earns. */
export function reasonsFor(
  kind: string,
  purposeIds: readonly string[],
  score: Pick<Score, 'goalBasis'> | null,
): readonly { readonly code: string; readonly words: Words }[] {
  const [purpose] = purposeIds;
  const reasons: { code: string; words: Words }[] = [];
  if (purpose !== undefined)
    reasons.push({
      code: 'SERVES_PURPOSE',
      words: { ja: `目的「${purpose}」に役立つためです`, en: `It helps with “${purpose}”` },
    });
  if (score?.goalBasis === 'measured')
    reasons.push({ code: 'MEASURED_EFFECT', words: { ja: '効果が確かめられています', en: 'Its effect has been measured' } });
  if (kind === 'coupon' || kind === 'campaign')
    reasons.push({ code: 'INCENTIVE', words: { ja: '期間中の特典です', en: 'It is a benefit of these days' } });
  if (reasons.length === 0)
    reasons.push({ code: 'CHOSEN_FOR_YOU', words: { ja: 'ご利用の様子から選びました', en: 'Chosen from how you use it' } });
  return reasons;
}
