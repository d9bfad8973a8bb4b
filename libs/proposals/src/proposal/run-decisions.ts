import type { Asked } from '@tsunagari/command';
import { refusal, type Refusal } from '@tsunagari/contracts';
import type { Rule } from '@tsunagari/rules';
import { seedFrom } from '../book/content-hash';
import { decisionRules, eligibilityFault } from '../offer/eligibility';
import type { Decisions, Setting } from './decisions';
import type { DecisionPorts } from './proposals.ports';

export type RunDecisions = {
  readonly slot: string;
  readonly count: number;
  /** A rule in CEL: who is meant. Absent: everybody. */
  readonly audience?: string;
  /** Nothing is recorded. */
  readonly dryRun: boolean;
  /** A policy that is not active yet; of a dry run only. */
  readonly policy?: { readonly policyId: string; readonly policyVersion: number };
  /** The customer after whom to go on; null from the beginning. */
  readonly after: string | null;
  /** At most so many customers are looked at. */
  readonly limit: number;
};

/** Who would get what, and who is dropped by which rule. Counts are of customers. */
export type DecisionsRun = {
  readonly dryRun: boolean;
  readonly judged: number;
  /** Not meant by the audience's rule, or something that it reads is unknown; and whoever was erased. */
  readonly outside: number;
  readonly decided: number;
  /** Had a decision that stands: it stays. */
  readonly standing: number;
  readonly nothing: number;
  readonly heldOut: number;
  readonly offers: readonly { readonly offerId: string; readonly customers: number; readonly examples: readonly string[] }[];
  readonly excluded: readonly { readonly rule: string; readonly offerId: string; readonly customers: number }[];
  readonly refused: readonly { readonly refusal: Refusal; readonly customers: number }[];
  /** Where the next run goes on; null at the end. */
  readonly next: string | null;
};

/** The most customers of one run. */
export const LONGEST_RUN = 10_000;
const PAGE = 500;
const EXAMPLES = 3;
/** So many are recorded at a time: the store commits them together. */
const TOGETHER = 32;

/** Decides for a population, page by page: every page costs a handful of reads, whatever its length. */
export function runDecisions(ports: DecisionPorts, deciding: Decisions) {
  return async function run(input: RunDecisions, asked: Asked): Promise<DecisionsRun | Refusal> {
    const { slot, count, dryRun, audience, limit } = input;
    if (limit < 1 || limit > LONGEST_RUN) return refusal('INVALID_FIELD', 'limit', `from 1 to ${LONGEST_RUN} customers a run`);
    if (!dryRun && input.policy !== undefined)
      return refusal('INVALID_FIELD', 'policyId', 'only a dry run names a policy: what is recorded is decided by the active one');
    const meant = audience === undefined ? null : audienceOf(audience);
    if (meant !== null && 'code' in meant) return meant;
    const setting = await deciding.settingOf(slot, count, asked.at, input.policy);
    if ('code' in setting) return setting;
    const tally = new Tally(setting);
    let { after } = input;
    for (let left = limit; left > 0;) {
      const page = await ports.understanding.customersAfter({ after, limit: Math.min(PAGE, left) });
      if (page.customers.length === 0) {
        after = null;
        break;
      }
      left -= page.customers.length;
      after = page.customers.at(-1)?.customer ?? null;
      const members = await ports.identity.subjectsOf(page.customers.map(({ customer }) => customer));
      const erased = await ports.keyring.erased([...members.values()].flat());
      const inside = page.customers.filter(({ customer, features }) => {
        const subjects = members.get(customer) ?? [];
        return (
          subjects.length > 0 &&
          !subjects.some((subject) => erased.has(subject)) &&
          (meant === null || meant.judge(features).kind === 'holds')
        );
      });
      tally.outside += page.customers.length - inside.length;
      const customers = inside.map(({ customer }) => ({ customer, subjects: members.get(customer) ?? [] }));
      const known = { ...page, customers: inside };
      const outcomes = await deciding.outcomesOf(setting, customers, (customer) => seedFrom(`${asked.idempotencyKey} ${customer}`), known);
      outcomes.forEach((outcome, n) => tally.add(customers[n]?.customer ?? '', outcome));
      if (!dryRun)
        for (let from = 0; from < outcomes.length; from += TOGETHER)
          await Promise.all(
            outcomes.slice(from, from + TOGETHER).map(async (outcome, n) => {
              const customer = customers[from + n];
              if (outcome.kind !== 'decided' || customer === undefined) return;
              const own = { ...asked, idempotencyKey: `${asked.idempotencyKey}.${customer.customer}` };
              const recorded = await deciding.record(setting, customer, outcome, own);
              if (recorded.kind === 'refused') tally.refuse(recorded.refusal);
            }),
          );
    }
    return tally.result(dryRun, after);
  };
}

function audienceOf(text: string): Rule | Refusal {
  const fault = eligibilityFault(text, 'audience');
  if (fault !== undefined) return fault;
  const compiled = decisionRules.rule(text);
  return compiled.kind === 'compiled' ? compiled.rule : refusal('RULE_INVALID', 'audience', 'the audience is a rule in CEL');
}

class Tally {
  outside = 0;
  private counts = { decided: 0, standing: 0, nothing: 0, heldOut: 0 };
  private readonly offers = new Map<number, { customers: number; examples: string[] }>();
  private readonly excluded = new Map<string, Map<number, number>>();
  private readonly refusals = new Map<string, { refusal: Refusal; customers: number }>();

  constructor(private readonly setting: Setting) {}

  add(customer: string, outcome: Awaited<ReturnType<Decisions['outcomesOf']>>[number]): void {
    if (outcome.kind === 'open') this.counts.standing += 1;
    else if (outcome.kind === 'refused') this.refuse(outcome.refusal);
    else {
      const { record } = outcome;
      this.counts.decided += 1;
      if (record.arm === 'holdout') this.counts.heldOut += 1;
      else if (record.chosen[0]?.offer == null) this.counts.nothing += 1;
      for (const { offer } of record.chosen) {
        if (offer === null) continue;
        const known = this.offers.get(offer) ?? { customers: 0, examples: [] };
        known.customers += 1;
        if (known.examples.length < EXAMPLES) known.examples.push(customer);
        this.offers.set(offer, known);
      }
      for (const [rule, offers] of Object.entries(record.excluded)) {
        const counts = this.excluded.get(rule) ?? new Map<number, number>();
        for (const offer of offers) counts.set(offer, (counts.get(offer) ?? 0) + 1);
        this.excluded.set(rule, counts);
      }
    }
  }

  refuse(value: Refusal): void {
    const known = this.refusals.get(value.code) ?? { refusal: value, customers: 0 };
    this.refusals.set(value.code, { ...known, customers: known.customers + 1 });
  }

  result(dryRun: boolean, next: string | null): DecisionsRun {
    const refused = [...this.refusals.values()];
    const idOf = (offer: number): string => this.setting.catalogue.offers[offer]?.id ?? '';
    const byCustomers = (one: { customers: number }, other: { customers: number }): number => other.customers - one.customers;
    return {
      dryRun,
      ...this.counts,
      judged: this.counts.decided + this.counts.standing + refused.reduce((sum, { customers }) => sum + customers, 0),
      outside: this.outside,
      offers: [...this.offers].map(([offer, counted]) => ({ offerId: idOf(offer), ...counted })).sort(byCustomers),
      excluded: [...this.excluded]
        .flatMap(([rule, counts]) => [...counts].map(([offer, customers]) => ({ rule, offerId: idOf(offer), customers })))
        .sort(byCustomers),
      refused,
      next,
    };
  }
}
