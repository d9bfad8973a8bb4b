import type { Random } from '@tsunagari/clv';
import { createRandom } from '@tsunagari/clv';
import { hasSecondAccount, secondAccountOf } from './staff';
import type { Truth } from './truth';

/** One fact as `tsunagari import --format facts` reads it. */
export type FactLine = {
  readonly id: string;
  readonly type: string;
  readonly occurred: string;
  readonly identifier: Identifier;
  /** Other identifiers of whoever it was, reported together: they meet. */
  readonly also?: readonly Identifier[];
  readonly data: Readonly<Record<string, unknown>>;
};
export type Identifier = { readonly type: 'user_id' | 'anonymous_id' | 'card'; readonly value: string };

/** A line and when it arrives, which may be later than it happened. */
export type Arrival = { readonly line: FactLine; readonly arrives: number };

/** What is true of one customer, which no event says. */
export type CustomerTruth = {
  readonly userId: string;
  readonly firstDay: number;
  /** Purchases a week while active. */
  readonly rate: number;
  readonly dropout: number;
  /** Day of the last purchase after which she left; null = still active at the end. */
  readonly leftAfterDay: number | null;
  readonly meanSpend: number;
  /** Chance to cancel at each renewal; null without a subscription. */
  readonly cancels: number | null;
  readonly goalDay: number | null;
  readonly treated: boolean;
  readonly persuadable: boolean;
  /** The second account under which she buys too, which no event links with the first. */
  readonly secondAccount: string | null;
};

export type SimulatedCustomer = { readonly truth: CustomerTruth; readonly arrivals: readonly Arrival[] };

const A_DAY = 86_400_000;
const SKUS = ['shampoo', 'conditioner', 'brush', 'serum', 'soap', 'towel', 'comb', 'mask'];

/**
 * The customers of a world, one after the other: memory does not grow with their number. Each has a generator of her own, seeded by
 * world and number, so that the first thousand are the same in a world of a million.
 */
export function* simulateWorld(truth: Truth, seed: number, customers: number): Generator<SimulatedCustomer> {
  for (let number = 0; number < customers; number += 1) yield simulateCustomer(truth, seed, number);
}

/** All arrivals in the order in which they arrive, as one source would send them: holds them all. */
export function arrivalsOf(world: Iterable<SimulatedCustomer>): readonly FactLine[] {
  const all = [...world].flatMap(({ arrivals }) => arrivals);
  return all.sort((a, b) => a.arrives - b.arrives || (a.line.id < b.line.id ? -1 : 1)).map(({ line }) => line);
}

export function simulateCustomer(truth: Truth, seed: number, number: number): SimulatedCustomer {
  const random = createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  for (let i = 0; i < 8; i += 1) random.uniform();
  const lived = new Customer(truth, random, seed, number).live();
  return hasSecondAccount(truth, seed, number) ? underTwoAccounts(lived) : lived;
}

/** Every third order, and what is sent back of it, under her second account. */
function underTwoAccounts({ truth, arrivals }: SimulatedCustomer): SimulatedCustomer {
  const again = secondAccountOf(truth.userId);
  const orders = [...new Set(arrivals.flatMap(({ line }) => (line.type.endsWith('.order-placed') ? [String(line.data['orderId'])] : [])))];
  const moved = new Set(orders.filter((_, n) => n % 3 === 2));
  return {
    truth: { ...truth, secondAccount: again.value },
    arrivals: arrivals.map((arrival) =>
      moved.has(String(arrival.line.data['orderId'])) ? { ...arrival, line: { ...arrival.line, identifier: again } } : arrival,
    ),
  };
}

class Customer {
  private readonly arrivals: Arrival[] = [];
  private readonly prefix: string;
  private readonly user: Identifier;
  private next = 0;

  constructor(
    private readonly truth: Truth,
    private readonly random: Random,
    seed: number,
    number: number,
  ) {
    this.prefix = `sim-${seed}-${number}`;
    this.user = { type: 'user_id', value: this.prefix };
    this.device = `sim-${seed}-d${this.chance(truth.identities.sharedDevice) ? number - (number % 2) : number}`;
  }
  private readonly device: string;

  live(): SimulatedCustomer {
    const { truth, random } = this;
    const firstDay = random.uniform() * truth.acquisitionDays;
    const { r, alpha, a, b } = truth.purchases;
    const [rate, dropout] = [random.gamma(r) / alpha, random.beta(a, b)];
    const [p, nu] = [truth.spend.p, random.gamma(truth.spend.q) / truth.spend.gamma];
    const goalDay = this.chance(truth.goals.share) ? firstDay + truth.goals.medianDays * 1.442695 * random.exponential() : null;
    const persuadable = this.chance(0.5);
    const treated = this.chance(truth.uplift.treated);

    if (this.chance(truth.identities.anonymousFirst)) this.lookAround(firstDay);
    const card = this.chance(truth.identities.secondIdentifier) ? ({ type: 'card', value: `${this.prefix}-card` } as const) : null;
    let leftAfterDay: number | null = null;
    for (let day = firstDay, n = 0; day < truth.days; n += 1) {
      this.buy(day, random.gamma(p) / nu, card !== null && n % 3 === 1 ? card : this.user);
      if (this.chance(dropout)) {
        leftAfterDay = day;
        break;
      }
      day += (7 * random.exponential()) / rate;
    }
    if (card) this.say(firstDay + 30, 'retention.intake.behaviour-recorded', { call: 'identify', name: '', properties: {} }, [card]);
    const cancels = this.chance(truth.contract.share) ? this.subscribe(firstDay, goalDay) : null;
    const here = leftAfterDay === null || leftAfterDay > truth.uplift.day;
    if (firstDay < truth.uplift.day && here) this.campaign(treated, persuadable, random.gamma(p) / nu);
    if (goalDay !== null && goalDay < truth.days) this.reachGoal(goalDay);
    this.answerSurveys(firstDay, leftAfterDay, goalDay);
    const known = {
      userId: this.user.value,
      firstDay,
      rate,
      dropout,
      leftAfterDay,
      meanSpend: p / nu,
      cancels,
      goalDay,
      treated,
      persuadable,
      secondAccount: null,
    };
    return { truth: known, arrivals: this.arrivals };
  }

  private chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }

  /** Puts a fact on its way: sometimes late, sometimes twice. What lies beyond the end of the world never happens. */
  private say(
    day: number,
    type: string,
    data: Readonly<Record<string, unknown>>,
    also?: readonly Identifier[],
    identifier = this.user,
  ): void {
    const { late, lateDays, twice } = this.truth.delivery;
    const delay = this.chance(late) ? this.random.uniform() * lateDays : 0;
    const again = this.chance(twice) ? this.random.uniform() : null;
    if (day >= this.truth.days) return;
    const occurred = new Date(Date.parse(`${this.truth.start}T00:00:00.000Z`) + Math.round(day * A_DAY)).toISOString();
    const line = { id: `${this.prefix}-${(this.next += 1)}`, type, occurred, identifier, ...(also ? { also } : {}), data };
    this.arrivals.push({ line, arrives: day + delay });
    if (again !== null) this.arrivals.push({ line, arrives: day + delay + again });
  }

  private money(major: number): { amountMinor: number; currency: string } {
    return { amountMinor: Math.max(1, Math.round(major * 100)), currency: this.truth.currency };
  }

  private buy(day: number, spend: number, by: Identifier): void {
    const orderId = `${this.prefix}-o${this.next}`;
    const total = this.money(spend);
    const sku = SKUS[Math.floor(this.random.uniform() * SKUS.length)] ?? 'soap';
    const lines = [{ sku, quantity: 1, unitPrice: (total.amountMinor / 100).toFixed(2) }];
    this.say(day, 'retention.subscriptions.order-placed', { orderId, lines, total, sales: total }, undefined, by);
    if (this.chance(this.truth.returns)) {
      const back = { refundId: `${orderId}-r`, orderId, lines: [], refunded: total };
      this.say(day + 3 + 10 * this.random.uniform(), 'retention.subscriptions.order-refunded', back, undefined, by);
    }
  }

  /** A visitor without a name: at her first order both names are seen together, and her visits are hers. */
  private lookAround(firstDay: number): void {
    const visitor: Identifier = { type: 'anonymous_id', value: this.device };
    const visits = 1 + Math.floor(3 * this.random.uniform());
    for (let i = 0; i < visits; i += 1) {
      const day = Math.max(0, firstDay - 5 * this.random.uniform());
      this.say(
        day,
        'retention.intake.behaviour-recorded',
        { call: 'page', name: 'Product', place: 'web', properties: {} },
        undefined,
        visitor,
      );
    }
    this.say(firstDay, 'retention.intake.behaviour-recorded', { call: 'identify', name: '', place: 'web', properties: {} }, [visitor]);
  }

  private subscribe(firstDay: number, goalDay: number | null): number {
    const { truth, random } = this;
    const { alpha, beta, priceMinor, pauses, involuntary, silentMonth } = truth.contract;
    const cancels = random.beta(alpha, beta);
    const subscriptionId = `${this.prefix}-s`;
    const mrr = { amountMinor: priceMinor, currency: truth.currency };
    const none = { amountMinor: 0, currency: truth.currency };
    const minus = { amountMinor: -priceMinor, currency: truth.currency };
    const at = (day: number): string => new Date(Date.parse(`${truth.start}T00:00:00.000Z`) + Math.round(day * A_DAY)).toISOString();
    const period = 365 / 12;
    this.say(firstDay, 'retention.subscriptions.subscription-activated', {
      subscriptionId,
      planId: 'refill-monthly',
      planVersion: 1,
      family: 'refill',
      kind: 'new',
      price: mrr,
      interval: 'month',
      terms: { takesEffect: 'period-end', noticeDays: 0, minimumMonths: 0 },
      graceDays: 14,
      periodEndsAt: at(firstDay + period),
      mrr,
      mrrDelta: mrr,
    });
    for (let month = 1; firstDay + month * period < truth.days; month += 1) {
      const day = firstDay + month * period;
      const silent = this.chance(silentMonth) && goalDay === null;
      for (let use = 0; !silent && use < 4; use += 1)
        this.say(day - period * this.random.uniform(), 'retention.intake.behaviour-recorded', {
          call: 'track',
          name: 'Service Used',
          place: 'app',
          properties: {},
        });
      if (this.chance(cancels)) {
        if (this.chance(involuntary)) {
          this.say(day, 'retention.subscriptions.payment-failed', { subscriptionId, attempt: 1, final: true, due: mrr });
          this.say(day, 'retention.subscriptions.subscription-cancelled', { subscriptionId, voluntary: false, mrr: none, mrrDelta: minus });
        } else {
          const reasonCode = this.chance(0.5) ? 'too-expensive' : 'not-needed';
          this.say(day - 2, 'retention.subscriptions.cancellation-requested', { subscriptionId, effectiveAt: at(day), reasonCode });
          this.say(day, 'retention.subscriptions.subscription-cancelled', {
            subscriptionId,
            voluntary: true,
            reasonCode,
            mrr: none,
            mrrDelta: minus,
          });
        }
        break;
      }
      if (this.chance(pauses)) {
        const until = day + period;
        this.say(day, 'retention.subscriptions.subscription-paused', { subscriptionId, until: at(until), mrr: none, mrrDelta: minus });
        this.say(until - 0.01, 'retention.subscriptions.subscription-resumed', {
          subscriptionId,
          periodEndsAt: at(until + period),
          mrr,
          mrrDelta: mrr,
        });
      }
      this.say(day, 'retention.subscriptions.subscription-renewed', { subscriptionId, periodEndsAt: at(day + period) });
    }
    return cancels;
  }

  private campaign(treated: boolean, persuadable: boolean, spend: number): void {
    const { day, base, persuadable: added, others } = this.truth.uplift;
    this.say(day, 'retention.intake.behaviour-recorded', {
      call: 'track',
      name: treated ? 'Campaign Treated' : 'Campaign Held Out',
      properties: {},
    });
    const converts = this.chance(base + (treated ? (persuadable ? added : others) : 0));
    const when = day + 1 + 13 * this.random.uniform();
    if (!converts) return;
    this.say(when, 'retention.intake.behaviour-recorded', { call: 'track', name: 'Campaign Converted', properties: {} });
    this.buy(when, spend, this.user);
  }

  private reachGoal(day: number): void {
    this.say(day, 'retention.intake.behaviour-recorded', { call: 'track', name: 'Outcome Reached', properties: {} });
  }

  /** Who is about to leave, or has no outcome, scores lower and answers less: silence is informative. */
  private answerSurveys(firstDay: number, leftAfterDay: number | null, goalDay: number | null): void {
    const { everyDays, answersWhenHappy, answersWhenUnhappy } = this.truth.surveys;
    for (let day = firstDay + everyDays, wave = 1; day < this.truth.days; day += everyDays, wave += 1) {
      const happy = (goalDay !== null && goalDay <= day) || leftAfterDay === null || leftAfterDay > day;
      if (leftAfterDay !== null && day > leftAfterDay + everyDays) return;
      const waveId = `nps-${wave}`;
      this.say(day, 'retention.touchpoints.survey-sent', { instrument: 'NPS', waveId });
      const answers = this.chance(happy ? answersWhenHappy : answersWhenUnhappy);
      const score = Math.max(0, Math.min(10, Math.round((happy ? 8.6 : 5) + 1.6 * this.random.normal())));
      if (answers)
        this.say(day + this.random.uniform(), 'retention.touchpoints.survey-answered', {
          instrument: 'NPS',
          waveId,
          score,
          scaleMin: 0,
          scaleMax: 10,
        });
    }
  }
}
