import type { OpportunityHistory, PurchaseHistory, Random } from '@tsunagari/clv';

/*
 * One customer of each model, drawn exactly as the model says, in continuous time: what an interval is measured by must be the model's own world.
 */

export type BetaGeometricTruth = { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
export type ParetoTruth = { readonly r: number; readonly alpha: number; readonly s: number; readonly beta: number };
export type NbdTruth = { readonly r: number; readonly alpha: number };
export type SpendTruth = { readonly p: number; readonly q: number; readonly gamma: number };
/** c is 1 for sBG. */
export type ContractTruth = { readonly alpha: number; readonly beta: number; readonly c: number };
/** Nobody leaves without gamma and delta (beta-binomial). */
export type OpportunityTruth = { readonly alpha: number; readonly beta: number; readonly gamma?: number; readonly delta?: number };

/** Calls `buy(t)` for each repeat purchase from 0 to `until`, in the unit of the rate. `mbg-nbd`: the first purchase is a chance to leave, too. */
export function betaGeometricPurchases(
  random: Random,
  kind: 'mbg-nbd' | 'bg-nbd',
  { r, alpha, a, b }: BetaGeometricTruth,
  until: number,
  buy: (t: number) => void,
): void {
  const [rate, dropout] = [random.gamma(r) / alpha, random.beta(a, b)];
  if (kind === 'mbg-nbd' && random.uniform() < dropout) return;
  for (let t = random.exponential() / rate; t <= until; t += random.exponential() / rate) {
    buy(t);
    if (random.uniform() < dropout) return;
  }
}

/** As {@link betaGeometricPurchases}, of customers who leave at a rate of their own. */
export function paretoPurchases(random: Random, { r, alpha, s, beta }: ParetoTruth, until: number, buy: (t: number) => void): void {
  const rate = random.gamma(r) / alpha;
  const end = Math.min(until, (random.exponential() * beta) / random.gamma(s));
  for (let t = random.exponential() / rate; t <= end; t += random.exponential() / rate) buy(t);
}

/** As {@link betaGeometricPurchases}, of customers who never leave. */
export function nbdPurchases(random: Random, { r, alpha }: NbdTruth, until: number, buy: (t: number) => void): void {
  const rate = random.gamma(r) / alpha;
  for (let t = random.exponential() / rate; t <= until; t += random.exponential() / rate) buy(t);
}

/** What is seen by T of purchases. */
export function historyOf(T: number, purchases: (until: number, buy: (t: number) => void) => void): PurchaseHistory {
  let [x, tx] = [0, 0];
  purchases(T, (t) => {
    x += 1;
    tx = t;
  });
  return { x, tx, T };
}

/** A customer's spend, purchase by purchase. */
export function spender(random: Random, { p, q, gamma }: SpendTruth): () => number {
  const nu = random.gamma(q) / gamma;
  return () => random.gamma(p) / nu;
}

/** How many of a cohort are left after 0, 1, … `renewals` renewals: customer and age renew with (1 − θ)^(tᶜ − (t−1)ᶜ), θ Beta(α, β). */
export function survivorsOf(random: Random, { alpha, beta, c }: ContractTruth, customers: number, renewals: number): readonly number[] {
  const left = Array.from({ length: renewals + 1 }, () => 0);
  for (let i = 0; i < customers; i += 1) {
    const stays = 1 - random.beta(alpha, beta);
    for (let t = 0; t <= renewals; t += 1) {
      left[t] = (left[t] ?? 0) + 1;
      if (random.uniform() >= stays ** ((t + 1) ** c - t ** c)) break;
    }
  }
  return left;
}

/** A cohort with so many opportunities each; equal histories merged, with a weight. */
export function opportunitiesOf(random: Random, truth: OpportunityTruth, customers: number, n: number): readonly OpportunityHistory[] {
  const { alpha, beta, gamma, delta } = truth;
  const weights = Array.from({ length: (n + 1) ** 2 }, () => 0);
  for (let i = 0; i < customers; i += 1) {
    const takes = random.beta(alpha, beta);
    const leaves = gamma === undefined || delta === undefined ? 0 : random.beta(gamma, delta);
    let [x, tx] = [0, 0];
    for (let t = 1; t <= n; t += 1) {
      if (random.uniform() < leaves) break;
      if (random.uniform() >= takes) continue;
      x += 1;
      tx = t;
    }
    const row = x * (n + 1) + tx;
    weights[row] = (weights[row] ?? 0) + 1;
  }
  return weights.flatMap((weight, row) => (weight === 0 ? [] : [{ x: Math.floor(row / (n + 1)), tx: row % (n + 1), n, weight }]));
}
