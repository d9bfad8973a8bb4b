import type { AttributeValues } from './attributes';
import type { Rule } from './rule';

/** How a rule would divide a population, before anything follows from it. */
export type DryRun = {
  readonly judged: number;
  readonly holds: number;
  readonly fails: number;
  /** Of whom an attribute that decides is unknown. */
  readonly unknown: number;
  readonly broken: number;
  /** Customers by the attribute whose lack left the rule undecided, most frequent first. */
  readonly missing: readonly { readonly attribute: string; readonly customers: number }[];
  /** Some of those for whom it holds, in the order given. */
  readonly examples: readonly string[];
};

/** Counts without keeping anybody but the examples: a page at a time goes through as well as a whole base. */
export class DryRunCount {
  private readonly counts = { holds: 0, fails: 0, unknown: 0, broken: 0 };
  private readonly missing = new Map<string, number>();
  private readonly examples: string[] = [];

  constructor(
    private readonly rule: Rule,
    private readonly wanted = 5,
  ) {}

  add(customer: string, values: AttributeValues): void {
    const verdict = this.rule.judge(values);
    this.counts[verdict.kind] += 1;
    if (verdict.kind === 'unknown') this.missing.set(verdict.missing, (this.missing.get(verdict.missing) ?? 0) + 1);
    if (verdict.kind === 'holds' && this.examples.length < this.wanted) this.examples.push(customer);
  }

  result(): DryRun {
    const { holds, fails, unknown, broken } = this.counts;
    return {
      judged: holds + fails + unknown + broken,
      ...this.counts,
      missing: [...this.missing]
        .map(([attribute, customers]) => ({ attribute, customers }))
        .sort((a, b) => b.customers - a.customers || (a.attribute < b.attribute ? -1 : 1)),
      examples: [...this.examples],
    };
  }
}
