import type { PlanDefined } from '@tsunagari/contracts';
import type { OfferedPlan } from './subscription.decider';

/** A refill of shampoo every month and somebody who may subscribe to it, for the specs of the subscription. */
export const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
export const subscriptionId = 's-1';
export const DAY0 = '2026-01-01T00:00:00.000Z';

export function day(n: number): string {
  return new Date(Date.parse(DAY0) + n * 86_400_000).toISOString();
}

export function jpy(amountMinor: number) {
  return { amountMinor, currency: 'JPY' };
}

export const monthlyRefill: PlanDefined = {
  planId: 'refill',
  planVersion: 1,
  family: 'refill',
  name: { ja: '詰め替え', en: 'Refill' },
  price: jpy(1980),
  interval: 'month',
  trialDays: 14,
  entitlements: [],
  terms: { takesEffect: 'period-end', noticeDays: 0, minimumMonths: 0 },
  graceDays: 30,
};

export function offered(over: Partial<PlanDefined> = {}, rest: Partial<OfferedPlan> = {}): OfferedPlan {
  return { version: { ...monthlyRefill, ...over }, published: true, retired: false, ...rest };
}

export const plus = offered({ planId: 'refill-plus', price: jpy(2980) });

/** What every command says of the subscription, on a day. */
export function about(at: number) {
  return { subscriptionId, at: day(at) };
}
