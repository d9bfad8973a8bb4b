import { type BehaviourRecorded, behaviourRecorded, type Fact, proposalAccepted } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { type Asked, type Metric, recommendationShare } from '@tsunagari/metrics';
import type { IdentityReader } from '@tsunagari/projection';
import { type FactBound, factsOfTypes, ownersOf, pagesOfTypes } from '../definitions/metrics-of-facts.query';

/** For how long what a customer uses counts as coming from what she accepted, milliseconds. */
const FOLLOWS_WITHIN_MS = 86_400_000;

/** Half-open, ISO 8601. */
type Within = { readonly from: string; readonly to: string };

/** Counts uses, and those that followed an acceptance. `accepted`: by customer, when she accepted what was proposed. */
export class RecommendedUses {
  private readonly counts = { recommended: 0, all: 0 };

  constructor(
    private readonly accepted: ReadonlyMap<string, readonly number[]>,
    private readonly within: Within,
  ) {}

  add({ data, occurred }: Pick<Fact, 'data' | 'occurred'>, customer: string): void {
    const { call } = data as BehaviourRecorded;
    if ((call !== 'track' && call !== 'screen') || occurred < this.within.from || occurred >= this.within.to) return;
    this.counts.all += 1;
    const used = Date.parse(occurred);
    if (this.accepted.get(customer)?.some((at) => at <= used && used < at + FOLLOWS_WITHIN_MS) === true) this.counts.recommended += 1;
  }

  result(): { readonly recommended: number; readonly all: number } {
    return { ...this.counts };
  }
}

/**
 * Uses that followed an accepted proposal within a day ÷ uses. An attribution by time: nothing that is used names the proposal that it came from, so what she
 * would have used anyway is in it. The log is read twice, in pages: acceptances are kept, uses are counted as they pass.
 */
export async function recommendationShareOf(
  { log, identity }: { readonly log: Pick<EventLog, 'read'>; readonly identity: Pick<IdentityReader, 'customersOf'> },
  within: Within,
  asked: Asked,
  bound: FactBound = {},
): Promise<Metric> {
  const acceptances = await factsOfTypes(log, [proposalAccepted.type], bound);
  const ownerOf = await ownersOf(identity, acceptances, bound.upTo);
  const accepted = new Map<string, number[]>();
  for (const { subject, occurred } of acceptances) {
    const customer = ownerOf(subject ?? '');
    accepted.set(customer, [...(accepted.get(customer) ?? []), Date.parse(occurred)]);
  }
  const uses = new RecommendedUses(accepted, within);
  for await (const facts of pagesOfTypes(log, [behaviourRecorded.type], bound)) {
    const owner = await ownersOf(identity, facts, bound.upTo);
    for (const fact of facts) uses.add(fact, owner(fact.subject ?? ''));
  }
  return recommendationShare(asked, uses.result(), 'uses within 24 h of accepting what was proposed');
}
