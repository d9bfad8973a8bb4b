import type { Asked } from '@tsunagari/command';
import { refusal, type Refusal } from '@tsunagari/contracts';
import type { Rule } from '@tsunagari/rules';
import { seedFrom } from '../book/content-hash';
import { decisionRules, eligibilityFault } from '../offer/eligibility';
import type { Decisions, Outcome, Setting } from './decisions';
import type { DecisionPorts } from './proposals.ports';

export type RunDecisions = {
  readonly slot: string;
  readonly count: number;
  /** A rule in CEL: who is meant. Absent: everybody. */
  readonly audience?: string;
  /** A segment of understanding: who is in it as of the last closed day is meant. With an audience: who is in both. */
  readonly segmentId?: string;
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
  /** The version of the segment that was meant; null without one. */
  readonly segmentVersion: number | null;
  readonly judged: number;
  /**
   * Not meant by the audience's rule or the segment, or something that they read is unknown; whoever was erased; and, where the audience
   * is chosen by what is understood, whoever's understanding may not be used.
   */
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

/** Decides for a population, page by page: every page costs a handful of reads, whatever its length. */
export function runDecisions(ports: DecisionPorts, deciding: Decisions) {
  return async function run(input: RunDecisions, asked: Asked): Promise<DecisionsRun | Refusal> {
    const { slot, count, dryRun, audience, segmentId, limit } = input;
    if (limit < 1 || limit > LONGEST_RUN) return refusal('INVALID_FIELD', 'limit', `from 1 to ${LONGEST_RUN} customers a run`);
    if (!dryRun && input.policy !== undefined)
      return refusal('INVALID_FIELD', 'policyId', 'only a dry run names a policy: what is recorded is decided by the active one');
    const meant = audience === undefined ? null : audienceOf(audience);
    if (meant !== null && 'code' in meant) return meant;
    const setting = await deciding.settingOf(slot, count, asked.at, input.policy === undefined ? {} : { named: input.policy });
    if ('code' in setting) return setting;
    const segmentOf = async (customers: readonly string[]) =>
      segmentId === undefined ? null : await ports.understanding.inSegment({ segmentId, customers: [...customers] });
    const segmentVersion = (await segmentOf([]))?.version ?? null;
    if (segmentId !== undefined && segmentVersion === null)
      return refusal('UNKNOWN_DEFINITION', 'segmentId', 'only a segment that is defined and not retired can be meant');
    const targeted = audience !== undefined || segmentId !== undefined;
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
      const [erased, segment] = await Promise.all([
        ports.keyring.erased([...members.values()].flat()),
        segmentOf(page.customers.map(({ customer }) => customer)),
      ]);
      const inside = page.customers.filter(({ customer, features }, n) => {
        const subjects = members.get(customer) ?? [];
        return (
          subjects.length > 0 &&
          !subjects.some((subject) => erased.has(subject)) &&
          (segment === null || segment.members[n] === true) &&
          (meant === null || meant.judge(features).kind === 'holds')
        );
      });
      tally.outside += page.customers.length - inside.length;
      const customers = inside.map(({ customer }) => ({ customer, subjects: members.get(customer) ?? [] }));
      const known = { ...page, customers: inside };
      const outcomes = await deciding.outcomesOf(setting, customers, (customer) => seedFrom(`${asked.idempotencyKey} ${customer}`), known);
      const decided: { readonly customer: string; readonly outcome: Extract<Outcome, { kind: 'decided' }> }[] = [];
      for (const [n, outcome] of outcomes.entries()) {
        const customer = customers[n]?.customer ?? '';
        // Whom nobody may profile is no target of what was understood of her.
        if (targeted && outcome.kind === 'decided' && !outcome.profiled) {
          tally.outside += 1;
          continue;
        }
        tally.add(customer, outcome);
        if (outcome.kind === 'decided') decided.push({ customer, outcome });
      }
      if (dryRun) continue;
      for (const result of await deciding.recordMany(setting, decided, asked)) if (result.kind === 'refused') tally.refuse(result.refusal);
    }
    return { ...tally.result(dryRun, after), segmentVersion };
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

  result(dryRun: boolean, next: string | null): Omit<DecisionsRun, 'segmentVersion'> {
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
