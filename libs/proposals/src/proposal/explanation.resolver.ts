import { decisionAttributes, refusal } from '@tsunagari/contracts';
import type { Basis, Chosen, Score } from '@tsunagari/decisioning';
import { commandRefused, failure, fromGlobalId, toGlobalId, typeOfGlobalId } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import { money } from '../offer/offer.resolver';
import type { ProposalsPorts } from '../proposals.subgraph';
import type { Explained, Judged } from './explanations';
import { decisionId, openDecisions, placeOf } from './proposal.read-model';
import { type Words, wordsOfChange, wordsOfDecision, wordsOfRule } from './words';

type Readable = Extract<Explained, { kind: 'explained' }>;

const upper = <T extends string>(word: T): Uppercase<T> => word.toUpperCase() as Uppercase<T>;
const basis = (known: Basis | null) => (known === null ? null : upper(known));
const readable = (explained: Explained): Readable | null => (explained.kind === 'explained' ? explained : null);

export function explanationResolvers({ explaining, deciding, identity, now }: ProposalsPorts): Resolvers {
  return {
    Query: {
      async explainProposal(_, { id }) {
        const type = typeOfGlobalId(id);
        const place = placeOf(fromGlobalId(type === 'Decision' ? 'Decision' : 'Proposal', id));
        const decision = place === null ? null : await explaining.decisionAt(place);
        return decision === null ? null : explaining.explained(decision);
      },

      async whyNot(_, { customerId, offerId, slot }, { loaders }) {
        const named = fromGlobalId('Customer', customerId, 'customerId');
        const offer = (await loaders.book()).offers.get(offerId) ?? null;
        if (offer === null)
          return commandRefused(refusal('UNKNOWN_OFFER', 'offerId', 'the offer is one that was created', 'look it up by offers'));
        const at = now();
        const member = await identity.membersOf(named);
        if (member.subjects.length === 0)
          return commandRefused(refusal('UNKNOWN_CUSTOMER', 'customerId', 'the customer is one that the platform has seen'));
        const open = openDecisions(await loaders.decisionsOf.load(member.customer), at).get(slot);
        const stands = open === undefined ? null : readable(await explaining.explained(open));
        let asked: (Judged & Pick<Explained, 'version'>) | null = stands;
        if (asked === null) {
          const setting = await deciding.settingOf(slot, 1, at);
          if ('code' in setting) return commandRefused(setting);
          const [outcome] = await deciding.outcomesOf(setting, [member], () => 0);
          if (outcome?.kind === 'refused') return commandRefused(outcome.refusal);
          if (outcome?.kind !== 'decided') throw failure('NOT_FOUND', 'What was decided for her cannot be read any more.');
          asked = { record: outcome.record, policy: setting.policy, catalogue: setting.catalogue, version: setting.version };
        }
        const answer = explaining.whyNot(asked, offerId);
        const none = answer === null ? { candidate: false, chosen: false, excludedBy: [], probability: 0, behind: 0 } : answer;
        const { currency } = asked.version.content;
        return {
          __typename: 'WhyNotAnswered',
          answer: {
            offer,
            decided: stands !== null,
            candidate: none.candidate,
            chosen: none.chosen,
            excludedBy: [...none.excludedBy],
            terms: termsOf(answer?.score ?? null),
            score: answer?.score.score ?? 0,
            probability: none.probability,
            behind: none.behind,
            words: whyNotWords(none, currency),
          },
        };
      },
    },

    Explanation: {
      decisionId: ({ decision }) => toGlobalId('Decision', decisionId(decision)),
      policy: ({ version, decision }) => ({
        policyId: version.policyId,
        version: version.policyVersion,
        kind: upper(version.content.kind),
        hash: version.hash,
        fallback: decision.data.fallback !== undefined,
      }),
      currency: ({ version }) => version.content.currency,
      catalogueHash: ({ recorded }) => recorded.hash,
      seed: ({ decision }) => decision.data.seed,
      understanding: ({ decision }) => decision.data.understanding,
      features: (explained) =>
        Object.entries(readable(explained)?.record.seen.features ?? {}).map(([name, value]) => ({
          name,
          value: JSON.stringify(value),
          meaning: (decisionAttributes as Readonly<Record<string, { readonly meaning: string }>>)[name]?.meaning ?? null,
        })),
      consents: (explained) =>
        Object.entries(readable(explained)?.record.seen.consent ?? {})
          .filter(([, granted]) => granted)
          .map(([consent]) => consent),
      openRequests: (explained) => [...(readable(explained)?.record.seen.requests ?? [])],
      purposeValues: ({ recorded }) =>
        recorded.purposeValues.map(({ purposeId, valueVersion, ...value }) => ({ purposeId, valueVersion, value: money(value) })),
      candidateCount: ({ decision }) => decision.data.candidates,
      candidates(explained, { first }) {
        if (first < 1 || first > 1000) throw failure('BAD_USER_INPUT', `first is ${first}.`, { field: 'first', rule: 'from 1 to 1000' });
        const known = readable(explained);
        return known === null ? [] : known.explanation.candidates.slice(0, first).map((candidate) => ({ explained: known, candidate }));
      },
      nothingProbability: ({ decision }) => decision.data.nothing,
      chosen: (explained) => chosenOffers(explained, explained.decision.data.chosen),
      arm: ({ decision }) => upper(decision.data.arm),
      heldOut: ({ decision: { data } }) =>
        data.holdout === undefined ? null : { holdoutId: data.holdout.id, bucket: data.holdout.bucket },
      withheld: (explained) => chosenOffers(explained, explained.decision.data.withheld ?? []),
      runnerUp(explained) {
        const found = readable(explained)?.explanation.runnerUp;
        return found == null ? null : { offerId: offerAt(explained, found.offer), margin: found.margin };
      },
      explored: (explained) => readable(explained)?.explanation.explored ?? false,
      changes(explained) {
        const known = readable(explained);
        return known === null ? [] : known.explanation.changes.map((change) => ({ explained: known, change }));
      },
      words(explained) {
        const known = readable(explained);
        if (known === null) return { ja: '消去されたお客様の決定です', en: 'The decision of a customer who was erased' };
        const [first] = known.record.chosen;
        const chosen = first?.offer == null ? null : titleOf(known, first.offer);
        return wordsOfDecision(known.explanation, known.record.arm === 'holdout', chosen, known.version.content.currency);
      },
      replay(explained) {
        if (explained.kind === 'redacted') return { kind: 'REDACTED', at: [] };
        const { replay } = explained;
        return replay.kind === 'identical' ? { kind: 'IDENTICAL', at: [] } : { kind: 'DIFFERS', at: [...replay.at] };
      },
      async drift(explained) {
        const known = readable(explained);
        if (known === null) return null;
        const moved = await explaining.driftOf(known);
        return {
          sameChoice: moved.sameChoice,
          chosen: chosenOffers(explained, moved.chosen),
          features: moved.features.map(({ name, then, now: today }) => ({ name, then: JSON.stringify(then), now: JSON.stringify(today) })),
        };
      },
    },

    Candidate: {
      offerId: ({ explained, candidate }) => offerAt(explained, candidate.offer) ?? '',
      offer: async ({ explained, candidate }, _, { loaders }) =>
        (await loaders.book()).offers.get(offerAt(explained, candidate.offer) ?? '') ?? null,
      revision: ({ explained, candidate }) => explained.catalogue.offers[candidate.offer]?.revision ?? 0,
      excludedBy: ({ candidate }) => [...candidate.excludedBy],
      terms: ({ candidate }) => termsOf(candidate.score),
      score: ({ candidate }) => candidate.score.score,
      probability: ({ candidate }) => candidate.probability,
    },

    WouldChange: {
      kind: ({ change }) => upper(change.kind),
      offerId: ({ explained, change }) => offerAt(explained, change.offer),
      by: ({ change }) => (change.kind === 'margin' ? change.by : null),
      purposeId: ({ change }) => (change.kind === 'purpose_value' ? change.purpose : null),
      to: ({ change }) => (change.kind === 'purpose_value' ? change.to : null),
      rule: ({ change }) => (change.kind === 'rule' ? change.rule : null),
      words: ({ explained, change }) =>
        wordsOfChange(change, explained.version.content.currency, (offer) =>
          offer === null ? { ja: '何もしない', en: 'Doing nothing' } : titleOf(explained, offer),
        ),
    },

    Exclusion: { rule: (rule) => rule, words: (rule) => wordsOfRule(rule) },
  };
}

function offerAt({ recorded }: Explained, offer: number | null): string | null {
  return offer === null ? null : (recorded.offers[offer]?.offerId ?? null);
}

function chosenOffers(explained: Explained, chosen: readonly Chosen[]): { offerId: string | null; probability: number }[] {
  return chosen.map(({ offer, p }) => ({ offerId: offerAt(explained, offer), probability: p }));
}

/** The title that the offer had when it was decided on. */
function titleOf({ recorded, book }: Explained, offer: number): Words {
  const named = recorded.offers[offer];
  const id = named?.offerId ?? String(offer);
  return book.offers.get(id)?.revisions[(named?.revision ?? 1) - 1]?.title ?? { ja: id, en: id };
}

function termsOf(score: Score | null) {
  const { goal = 0, sale = 0, cost = 0, fatigue = 0 } = score?.terms ?? {};
  return {
    goal,
    sale,
    cost,
    fatigue,
    goalBasis: basis(score?.goalBasis ?? null),
    saleBasis: basis(score?.saleBasis ?? null),
    goalValue: score?.goalValue ?? 0,
    acceptanceRate: score?.rate ?? 0,
  };
}

function whyNotWords(
  { candidate, chosen, excludedBy, behind }: { candidate: boolean; chosen: boolean; excludedBy: readonly string[]; behind: number },
  currency: string,
): Words {
  if (chosen) return { ja: '選ばれています', en: 'It was chosen' };
  if (!candidate) return { ja: 'この場所に公開されていません', en: 'It is not published for this slot' };
  const [rule] = excludedBy;
  if (rule !== undefined) return wordsOfRule(rule);
  if (behind <= 0)
    return { ja: '同じ価値の他の提案、または何もしないことが選ばれました', en: 'Something of the same worth, or nothing, was chosen' };
  return {
    ja: `最良の案より価値が${behind} ${currency}(最小単位)低いためです`,
    en: `The best is worth ${behind} ${currency} (minor units) more`,
  };
}
