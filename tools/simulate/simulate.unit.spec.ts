import { facts } from '@tsunagari/contracts';
import { fitContract, fitTransactions, type PurchaseHistory, sufficientStatistics } from '@tsunagari/clv';
import { qiniCurve } from '@tsunagari/metrics';
import { proveIntervals, verdictOf } from './proof';
import { staffDecisions } from './staff';
import { DEFAULT_TRUTH, type Truth } from './truth';
import { arrivalsOf, simulateWorld } from './world';

const DAY = 86_400_000;
const world = [...simulateWorld(DEFAULT_TRUTH, 7, 2000)];
const lines = arrivalsOf(world);

describe('the simulated business', () => {
  it('is the same for the same seed, another for another, and its first customers do not depend on how many follow', () => {
    expect([...simulateWorld(DEFAULT_TRUTH, 7, 20)]).toEqual(world.slice(0, 20));
    expect([...simulateWorld(DEFAULT_TRUTH, 8, 20)]).not.toEqual(world.slice(0, 20));
  });

  it('writes only facts that keep their contract, within its time', () => {
    const end = Date.parse('2025-01-01') + DEFAULT_TRUTH.days * DAY;
    const broken = lines.filter(
      ({ type, data, occurred }) =>
        facts.get(type)?.data.safeParse(data).success !== true || occurred < '2025-01-01' || Date.parse(occurred) >= end,
    );
    expect(broken).toEqual([]);
  });

  it('has late events, events sent twice, people who sign in later, and devices that two share', () => {
    const moments = lines.map(({ occurred }) => occurred);
    expect(moments.some((moment, i) => i > 0 && Date.parse(moment) < Date.parse(moments[i - 1] ?? moment) - 5 * DAY)).toBe(true);
    const twice = lines.length - new Set(lines.map(({ id }) => id)).size;
    expect(twice / lines.length).toBeCloseTo(DEFAULT_TRUTH.delivery.twice, 2);
    const users = new Map<string, Set<string>>();
    for (const { identifier, also = [] } of lines)
      for (const { type, value } of also)
        if (type === 'anonymous_id') users.set(value, (users.get(value) ?? new Set()).add(identifier.value));
    expect(users.size).toBeGreaterThan(300);
    expect([...users.values()].some((of) => of.size === 2)).toBe(true);
  });

  it('has staff who find second accounts, and who merge two people by mistake and mend it, with the truth beside it', () => {
    const decisions = staffDecisions(DEFAULT_TRUTH, 7, 2000);
    expect(staffDecisions(DEFAULT_TRUTH, 7, 2000)).toEqual(decisions);
    expect(decisions.map(({ day }) => day)).toEqual(decisions.map(({ day }) => day).sort((a, b) => a - b));
    const again = world.flatMap(({ truth }) => truth.secondAccount ?? []);
    expect(again.length).toBeGreaterThan(20);
    const right = decisions.filter(({ samePerson }) => samePerson);
    expect(right.map(({ identifiers: [, { value }] }) => value).sort()).toEqual(again.sort());
    expect(right.every(({ kind }) => kind === 'merge')).toBe(true);
    // Her orders stand under both, and no event says that the two belong together.
    const [first] = right;
    const under = (value?: string) =>
      lines.filter(({ identifier, also = [] }) => [identifier, ...also].some((each) => each.value === value));
    expect(under(first?.identifiers[1].value).every(({ also }) => also === undefined)).toBe(true);
    const mistakes = decisions.filter(({ samePerson, kind }) => !samePerson && kind === 'merge');
    const mended = decisions.filter(({ kind }) => kind === 'split');
    expect(mistakes.length).toBeGreaterThan(20);
    for (const { identifiers, day } of mended) {
      const mistake = mistakes.find((each) => each.identifiers === identifiers);
      expect(day).toBeGreaterThan(mistake?.day ?? Infinity);
    }
    // Whoever is in two mistakes would not come apart as she was.
    const involved = mistakes.flatMap(({ identifiers }) => identifiers.map(({ value }) => value));
    expect(new Set(involved).size).toBe(involved.length);
  });

  it('has the truth that it tells: models find it again in its events', () => {
    const bought = new Map<string, { day: number; spend: number }[]>();
    const quiet: Truth = {
      ...DEFAULT_TRUTH,
      uplift: { ...DEFAULT_TRUTH.uplift, base: 0, persuadable: 0 },
      identities: { ...DEFAULT_TRUTH.identities, secondIdentifier: 0 },
      staff: { ...DEFAULT_TRUTH.staff, secondAccount: 0 },
    };
    for (const { identifier, type, occurred, data } of arrivalsOf(simulateWorld(quiet, 3, 6000)))
      if (type === 'retention.subscriptions.order-placed') {
        const { amountMinor } = (data as { total: { amountMinor: number } }).total;
        const of = bought.get(identifier.value) ?? [];
        of.push({ day: Math.floor(Date.parse(occurred) / DAY), spend: amountMinor / 100 });
        bought.set(identifier.value, of);
      }
    const end = Date.parse('2025-01-01') / DAY + DEFAULT_TRUTH.days - 1;
    const histories = [...bought.values()].map((days) => sufficientStatistics(days, end)).filter((h): h is PurchaseHistory => h !== null);
    const fit = fitTransactions(histories);
    if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
    expect(fit.dropout.identified).toBe(true);
    for (const { name, value } of fit.estimates) expect(value / DEFAULT_TRUTH.purchases[name as 'r']).toBeGreaterThan(0.75);
    for (const { name, value } of fit.estimates) expect(value / DEFAULT_TRUTH.purchases[name as 'r']).toBeLessThan(1.3);
  });

  it('has contracts that end as sBG says, and a campaign that works for the persuadable half only', () => {
    const survivors = Array.from({ length: 7 }, () => 0);
    let subscribers = 0;
    for (const { truth, arrivals } of world) {
      if (truth.cancels === null || truth.firstDay > DEFAULT_TRUTH.days - 240) continue;
      subscribers += 1;
      const renewed = new Set(
        arrivals.filter(({ line }) => line.type === 'retention.subscriptions.subscription-renewed').map(({ line }) => line.id),
      ).size;
      for (let t = 0; t < survivors.length; t += 1) if (renewed >= t) survivors[t] = (survivors[t] ?? 0) + 1;
    }
    const { alpha, beta } = DEFAULT_TRUTH.contract;
    expect((survivors[1] ?? 0) / subscribers).toBeCloseTo(beta / (alpha + beta), 1);
    expect(fitContract(survivors, { model: 'sbg' }).outcome).toBe('fitted');
    const scored = world.flatMap(({ truth, arrivals }) => {
      const names = new Set(arrivals.map(({ line }) => (line.data as { name?: string }).name));
      if (!names.has('Campaign Treated') && !names.has('Campaign Held Out')) return [];
      return [{ score: truth.persuadable ? 1 : 0, treated: truth.treated, outcome: names.has('Campaign Converted') ? 1 : 0 }];
    });
    expect(scored.length).toBeGreaterThan(400);
    expect(qiniCurve({}, scored).qini.value).toBeGreaterThan(0.005);
  });
});

describe('the proof of the intervals', () => {
  const proof = proveIntervals({ worlds: 12, customers: 600, predicted: 60, seed: 2 });

  it('finds them to hold what they promise, in a few worlds (`npm run simulate -- proof` counts over two hundred)', () => {
    const { value, parameters } = proof;
    expect(value.held / value.of).toBeGreaterThan(0.92);
    expect(value.held / value.of).toBeLessThan(0.99);
    expect(parameters).toHaveLength(28);
    const all = parameters.reduce((sum, { held, of }) => ({ held: sum.held + held, of: sum.of + of }), { held: 0, of: 0 });
    expect(all.held / all.of).toBeGreaterThan(0.9);
    // Of twelve intervals that hold at 95 % five or more miss once in four thousand times.
    for (const { what, held, of, none } of parameters) {
      expect(of + none).toBe(12);
      expect(`${what}: ${of - held < 5}`).toBe(`${what}: true`);
      expect(of).toBeGreaterThan(8);
    }
  });

  it('says which do not', () => {
    const narrow = { ...proof.parameters[0]!, what: 'r (narrow)', held: 178, of: 200 };
    const wide = { ...narrow, what: 'r (wide)', held: 199 };
    const never = { ...narrow, what: 'r (never)', held: 0, of: 0, none: 200 };
    const good = { ...narrow, what: 'r', held: 190 };
    const verdict = verdictOf({ ...proof, parameters: [narrow, good, wide, never], value: { ...proof.value, held: 91, of: 100 } });
    expect(verdict).toEqual({ valueHolds: false, failing: ['r (narrow)', 'r (wide)', 'r (never)'] });
  });

  it('gives every model worlds of its own: more of them, or another number of customers to predict, changes none', () => {
    const less = proveIntervals({ worlds: 1, customers: 150, predicted: 1, seed: 5 });
    const more = proveIntervals({ worlds: 1, customers: 150, predicted: 20, seed: 5 });
    expect(more.parameters).toEqual(less.parameters);
  });
});
