import {
  subscriptionActivated,
  subscriptionCancelled,
  subscriptionPaused,
  subscriptionRenewed,
  subscriptionResumed,
  cancellationRequested,
  cancellationUndone,
  paymentFailed,
  planChanged,
  productRegistered,
  trialStarted,
  type FactDefinition,
} from '@tsunagari/contracts';
import { foldCustomer } from '@tsunagari/projection';
import { recorded } from '@tsunagari/testing';
import fc from 'fast-check';
import { dayNumberOf } from '../calendar';
import { holdingsProjection, type HoldingsState, monthlyMinorOn, runningContracts } from './holdings.projection';

const eur = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
const revenue = (now: number, delta: number) => ({ mrr: eur(now), mrrDelta: eur(delta) });
let position = 0;
const on = (day: string, definition: FactDefinition, data: object) => {
  const fact = { subscriptionId: 's', ...data };
  expect(definition.data.safeParse(fact).error).toBeUndefined();
  return recorded(definition, fact, { occurred: `${day}T10:00:00.000Z`, position: String((position += 1)) });
};
const began = on('2026-01-10', subscriptionActivated, {
  planId: 'basic',
  planVersion: 1,
  family: 'f',
  kind: 'new',
  price: eur(1000),
  interval: 'month',
  terms: { takesEffect: 'period-end', noticeDays: 0, minimumMonths: 0 },
  graceDays: 10,
  periodEndsAt: '2026-02-10T10:00:00.000Z',
  ...revenue(1000, 1000),
});
const fold = (...facts: Parameters<typeof foldCustomer>[1]): HoldingsState =>
  foldCustomer(holdingsProjection('UTC'), facts, { lastClosed: undefined, timeZone: 'UTC' })?.state ?? { contracts: [], products: [] };

describe('holdings', () => {
  it('follow a contract from its beginning to its end, and keep what it brought', () => {
    const state = fold(
      began,
      on('2026-02-10', subscriptionRenewed, { periodEndsAt: '2026-03-10T10:00:00.000Z' }),
      on('2026-02-20', planChanged, {
        from: { planId: 'basic', planVersion: 1 },
        to: { planId: 'plus', planVersion: 1 },
        price: eur(1500),
        interval: 'month',
        direction: 'upgrade',
        ...revenue(1500, 500),
      }),
      on('2026-03-01', subscriptionPaused, { until: '2026-04-01T00:00:00.000Z', ...revenue(0, -1500) }),
      on('2026-04-01', subscriptionResumed, { periodEndsAt: '2026-05-01T00:00:00.000Z', ...revenue(1500, 1500) }),
      on('2026-04-02', cancellationRequested, { effectiveAt: '2026-05-01T00:00:00.000Z', reasonCode: 'price' }),
    );
    expect(state.contracts).toMatchObject([
      {
        planId: 'plus',
        status: 'active',
        mrrMinor: 1500,
        renewals: 1,
        since: dayNumberOf('2026-01-10'),
        endsOn: dayNumberOf('2026-05-01'),
        reason: 'price',
      },
    ]);
    const brought = ['2026-01-09', '2026-01-10', '2026-02-25', '2026-03-15', '2026-04-10'].map(
      (day) => monthlyMinorOn(state, dayNumberOf(day))['EUR'] ?? 0,
    );
    expect(brought).toEqual([0, 1000, 1500, 0, 1500]);
  });

  it('tell leaving by herself from payments that failed', () => {
    const left = fold(began, on('2026-02-01', subscriptionCancelled, { voluntary: true, reasonCode: 'moved', ...revenue(0, -1000) }));
    const failed = fold(
      began,
      on('2026-02-01', paymentFailed, { attempt: 1, final: true }),
      on('2026-02-01', subscriptionCancelled, { voluntary: false, ...revenue(0, -1000) }),
    );
    expect(left.contracts).toMatchObject([{ status: 'ended', voluntary: true, reason: 'moved', mrrMinor: 0 }]);
    expect(failed.contracts).toMatchObject([{ status: 'ended', voluntary: false, failedPayments: 1 }]);
    expect(runningContracts(left)).toEqual([]);
  });

  it('forget a cancellation that was undone, begin with a trial, and hold products', () => {
    const state = fold(
      on('2026-01-01', trialStarted, { planId: 'basic', planVersion: 1, family: 'f', endsAt: '2026-01-10T00:00:00.000Z' }),
      began,
      on('2026-01-11', cancellationRequested, { effectiveAt: '2026-02-10T00:00:00.000Z' }),
      on('2026-01-12', cancellationUndone, {}),
    );
    expect(state.contracts).toMatchObject([{ status: 'active', endsOn: null, since: dayNumberOf('2026-01-10') }]);
    const product = recorded(productRegistered, { productId: 'dryer', serial: '1' }, { occurred: '2026-01-01T00:00:00.000Z' });
    expect(fold(product).products).toMatchObject([{ productId: 'dryer', serial: '1', since: dayNumberOf('2026-01-01') }]);
  });

  it('are the same in any order of arrival, doubled or not', () => {
    const facts = [
      began,
      on('2026-02-10', subscriptionRenewed, { periodEndsAt: '2026-03-10T10:00:00.000Z' }),
      on('2026-03-01', subscriptionPaused, { until: '2026-04-01T00:00:00.000Z', ...revenue(0, -1000) }),
      on('2026-03-05', paymentFailed, { attempt: 1, final: false }),
    ];
    const straight = fold(...facts);
    fc.assert(
      fc.property(fc.shuffledSubarray([...facts, ...facts], { minLength: 8 }), (shuffled) => expect(fold(...shuffled)).toEqual(straight)),
    );
  });
});
