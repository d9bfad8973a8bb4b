import { createHash } from 'node:crypto';
import type { FittedReturns, FittedSpend, FittedTransactions, PurchaseHistory, ReturnHistory, SaleDay } from '@tsunagari/clv';
import {
  expectedPurchases,
  lifetimeValue,
  probabilityAlive,
  probabilityOfPurchase,
  returnRate,
  sufficientStatistics,
} from '@tsunagari/clv';
import { comparePositions, type Fact, minorDigits, type ModelFitted, modelFitted, type Position, streamName } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId } from '@tsunagari/privacy';
import type { Day } from '@tsunagari/projection';
import type { DayNumber } from '../calendar';
import type { CurrencyPurchases } from '../purchases/purchases.state';

/** What a score means. A change here is another definition, so `definition` is part of a model's id. */
export const LIFETIME_VALUE = {
  definition: 1,
  /** Unit of the models' time: the week. */
  unitDays: 7,
  /** The horizon of the churn signal, P(at least one purchase). */
  probabilityDays: 90,
  horizonMonths: 12,
  /** Money a month later is worth 1 % less. */
  discountMonthly: 0.01,
} as const;

export const MODEL_STREAM = streamName('model', 'lifetime-value');

/** A fitted model as the fact `ModelFitted` keeps it. `transactions` and `spend` are `clv`'s own plain JSON. */
export type ScoringModel = Omit<ModelFitted, 'transactions' | 'spend' | 'returns'> & {
  readonly transactions: FittedTransactions;
  /** Null when too few customers have bought again: there is a probability of purchase then, and no value. */
  readonly spend: FittedSpend | null;
  readonly returns: FittedReturns;
  /** Where the fact stands in the log. */
  readonly position: Position;
  readonly fittedAt: string;
};

/** What the models know of one customer, in one currency's major unit. */
export type CustomerHistory = { readonly history: PurchaseHistory; readonly returns: ReturnHistory };

/** What is kept of every customer when a model is fitted. */
export type CustomerScore = {
  /** P(at least one purchase in the next {@link LIFETIME_VALUE.probabilityDays} days). */
  readonly purchaseProbability: number;
  /** Expected purchases in the next {@link LIFETIME_VALUE.horizonMonths} months. */
  readonly expectedPurchases: number;
  /** P(alive); null where the model cannot tell leaving from buying slowly. */
  readonly alive: number | null;
  /** Lifetime value of the next 12 months, net of returns, discounted, in minor units; null without a spend model. */
  readonly ltvMinor: number | null;
};

/** The history of a customer up to a day, inclusive; null without a sale by then. Returns are not dated: they are those known now. */
export function historyOf(purchases: CurrencyPurchases, currency: string, upTo: DayNumber): CustomerHistory | null {
  const major = 10 ** minorDigits(currency);
  const days: SaleDay[] = purchases.saleDays.map(([day, grossMinor]) => ({ day, spend: grossMinor / major }));
  const history = sufficientStatistics(days, upTo, LIFETIME_VALUE.unitDays);
  if (history === null) return null;
  return {
    history,
    returns: { saleDays: days.length, gross: purchases.salesMinor / major, returned: Math.max(0, purchases.refundedMinor / major) },
  };
}

export function scoreOf(model: ScoringModel, { history, returns }: CustomerHistory): CustomerScore {
  const { transactions, spend } = model;
  const { probabilityDays, horizonMonths, discountMonthly } = LIFETIME_VALUE;
  const value =
    spend === null
      ? null
      : lifetimeValue({ transactions, spend, history, horizonMonths, discountMonthly, returnRate: returnRate(model.returns, returns) })
          .value;
  return {
    purchaseProbability: probabilityOfPurchase(transactions, history, probabilityDays),
    expectedPurchases: expectedPurchases(transactions, history, (horizonMonths * 365.25) / 12),
    alive: probabilityAlive(transactions, history),
    ltvMinor: value === null ? null : toMinor(value, model.currency),
  };
}

/** Rounded half up to the currency's minor unit. */
export function toMinor(value: number, currency: string): number {
  return Math.round(value * 10 ** minorDigits(currency));
}

/** The same inputs under the same definition are the same model: a UUID (version 8) over what decides the fit. */
export function modelIdOf(inputs: { inputsPosition: Position; asOfDay: Day; currency: string; model: string }): string {
  const name = JSON.stringify([LIFETIME_VALUE, inputs.inputsPosition, inputs.asOfDay, inputs.currency, inputs.model]);
  return commandFactId(`lifetime-value ${name}`, 0);
}

/** A 32-bit seed of a customer's draws under a model: the same interval at every reading. */
export function seedOf(customerId: string, modelId: string): number {
  return createHash('sha256').update(`${customerId} ${modelId}`).digest().readUInt32BE(0);
}

export function modelOf(fact: Fact): ScoringModel {
  const data = fact.data as ModelFitted;
  return {
    ...data,
    // The contract keeps what clv wrote as plain JSON; it is clv that reads it again.
    transactions: data.transactions as unknown as FittedTransactions,
    spend: data.spend as unknown as FittedSpend | null,
    returns: data.returns as unknown as FittedReturns,
    position: fact.position,
    fittedAt: fact.recorded,
  };
}

/** The newest model fitted by a position of the log, inclusive; null before the first fit. */
export async function modelAt(store: EventStore, position: Position): Promise<ScoringModel | null> {
  const stream = await store.readStream(MODEL_STREAM, { direction: 'backward', limit: 1000 });
  const fitted = stream.kind === 'open' ? stream.facts.filter(({ type }) => type === modelFitted.type) : [];
  const fact = fitted.find((each) => comparePositions(each.position, position) <= 0);
  return fact === undefined ? null : modelOf(fact);
}

/** The newest fitted model; null before the first fit. */
export async function latestModel(store: EventStore): Promise<ScoringModel | null> {
  const stream = await store.readStream(MODEL_STREAM, { direction: 'backward', limit: 1 });
  const fact = stream.kind === 'open' ? stream.facts.find(({ type }) => type === modelFitted.type) : undefined;
  return fact === undefined ? null : modelOf(fact);
}
