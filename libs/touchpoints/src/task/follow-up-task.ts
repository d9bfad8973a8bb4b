import type { InputOf } from '@tsunagari/contracts';
import type { openFollowUp } from './follow-up.reactor';

/** Who sees to it, and within how long, milliseconds. */
export const FOLLOW_UP = { owner: 'team:success', within: { dissatisfied: 86_400_000, 'at-risk': 3 * 86_400_000 } } as const;

const TITLES = {
  dissatisfied: 'She is dissatisfied: see to it before she has to ask again / 不満の声：再度の連絡を待たずに対応する',
  'at-risk': 'She may leave: look at why, and help / 離脱の恐れ：理由を確かめて支援する',
} as const;

/** The task that a follow-up is. */
export function followUpTask({ signalId, customer, reason, toldAt }: InputOf<typeof openFollowUp>) {
  return {
    taskId: signalId,
    title: TITLES[reason],
    owner: FOLLOW_UP.owner,
    due: new Date(Date.parse(toldAt) + FOLLOW_UP.within[reason]).toISOString(),
    about: customer,
  };
}
