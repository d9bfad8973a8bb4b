import { contractInterval, contractValue } from '@tsunagari/clv';
import { failure, type IdMoment, presentOnly } from '@tsunagari/graphql';
import {
  customerEffort,
  customerSatisfaction,
  type Metric,
  netPromoterScore,
  reciprocity,
  type SurveyAnswer,
  type SurveyRefusal,
} from '@tsunagari/metrics';
import { type DayNumber, dayOf } from '../calendar';
import type { Answer } from '../experience/experience.projection';
import { answered } from '../experience/answered';
import { countWithin } from '../experience/experience.projection';
import type { Resolvers } from '../generated/graphql';
import { type ChurnReason, churnRisk, silentSubscriber } from '../health/churn-risk';
import { type CustomerHealth, healthOf } from '../health/customer-health';
import { runningContracts } from '../holdings/holdings.projection';
import { seedOf } from '../lifetime-value/model';
import { money } from '../customer.resolver';
import type { CustomerModel, SubgraphContext } from '../subgraph.models';
import type { ProjectionName } from '../read-models';
import type { Freshness } from '../understanding.loaders';
import { attributesOf, type CustomerAttributes, type Understood } from './attributes';
import { evidenceOf, MOST_EVIDENCE } from './evidence';
import { holding } from './holding';
import { attributeNames, attributeOf, CUSTOMER_ATTRIBUTES, type CustomerAttributeName } from './vocabulary';

const MONTHS = 12;
const DISCOUNT = 0.01;

/** What is known of a customer: as of the last closed day, or as of a moment. */
type Known = {
  readonly customer: string;
  readonly understood: Understood;
  readonly day: DayNumber;
  readonly attributes: CustomerAttributes;
  readonly moment: IdMoment | null;
  /** Of what stands on these read models. */
  readonly freshness: (...projections: readonly ProjectionName[]) => Promise<Freshness>;
};

/** Everything that is known of a customer; null before a day is closed, or of somebody unknown. */
async function known({ customer, moment = null }: CustomerModel, { loaders }: SubgraphContext): Promise<Known | null> {
  if (moment !== null) {
    const [{ understood, lastDay, versions }, model] = await Promise.all([
      loaders.understoodAsOf(customer, moment),
      loaders.modelAsOf(moment),
    ]);
    if (understood.profile === null || lastDay === null) return null;
    const freshness = async (...names: readonly ProjectionName[]): Promise<Freshness> => ({
      projection: names.join(', '),
      version: names.map((name) => versions[name]).join(', '),
      position: moment.position,
      lagMs: 0,
      rebuilding: false,
    });
    return { customer, understood, day: lastDay, attributes: attributesOf(understood, model, lastDay), moment, freshness };
  }
  const [understood, day, model] = await Promise.all([loaders.understood.load(customer), loaders.lastDay(), loaders.model()]);
  if (understood === null || day === null) return null;
  return { customer, understood, day, attributes: attributesOf(understood, model, day), moment, freshness: loaders.freshness };
}

/** What the company concludes of a customer is for those who serve her; what she holds, uses and said is hers to read. */
function conclusions(customer: CustomerModel, context: SubgraphContext): Promise<Known | null> {
  if (context.principal?.kind !== 'staff')
    throw failure('FORBIDDEN', 'You have no right to this.', { rule: 'conclusions about a customer are for staff' });
  return known(customer, context);
}

/** What speaks for leaving is looked for in these. */
const RISK_READS = ['subscriber', 'days_since_use', 'days_since_purchase'] as const satisfies readonly CustomerAttributeName[];

/** The facts behind the reasons; where nothing speaks for leaving, those that the probability rests on. */
function riskEvidence(known: Understood, reasons: readonly ChurnReason[], health: CustomerHealth | null): readonly string[] {
  if (reasons.length > 0) return [...new Set(reasons.flatMap(({ evidence }) => evidence))].slice(-MOST_EVIDENCE);
  return evidenceOf(known, health === null ? RISK_READS : featuresOf(health));
}

function featuresOf({ drivers }: CustomerHealth): readonly string[] {
  return drivers.map(({ feature }) => feature);
}

/** How fresh is what was made of these attributes. A score of a model is made of purchases; what reads nothing stands on who she is. */
function freshnessOfReads({ freshness }: Known, reads: readonly string[]): Promise<Freshness> {
  const models = new Set(reads.flatMap((name) => attributeOf(name)?.from ?? []).map((from) => (from === 'model' ? 'purchases' : from)));
  return freshness(...(models.size === 0 ? (['profile'] as const) : models));
}

function answersOf({ experience }: Understood, instrument: Answer['instrument']): readonly (Answer & SurveyAnswer)[] {
  return (experience?.answers ?? [])
    .filter((answer) => answer.instrument === instrument)
    .map((answer) => ({ ...answer, customer: '', wave: answer.waveId }));
}

export function customer360Resolvers(): Resolvers {
  return {
    Customer: {
      async attributes(customer, _, context) {
        const found = await conclusions(customer, context);
        return found === null
          ? null
          : Promise.all(
              attributeNames.map(async (name) => ({
                name,
                value: found.attributes[name] === undefined ? null : JSON.stringify(found.attributes[name]),
                from: CUSTOMER_ATTRIBUTES[name].from,
                evidence: [...evidenceOf(found.understood, [name])],
                freshness: await freshnessOfReads(found, [name]),
              })),
            );
      },
      holdings: (customer, _, context) => known(customer, context),
      async usage(customer, _, context) {
        const found = await known(customer, context);
        if (found === null) return null;
        const { experience } = found.understood;
        const counts = (names: Readonly<Record<string, number>> = {}) =>
          Object.entries(names)
            .map(([name, count]) => ({ name, count }))
            .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
        return {
          uses30Days: countWithin(experience?.uses ?? [], found.day, 30),
          uses90Days: countWithin(experience?.uses ?? [], found.day, 90),
          lastUse: experience?.lastUse ? dayOf(experience.lastUse.day) : null,
          byName: counts(experience?.usesByName),
          byPlace: counts(experience?.usesByPlace),
          unusedSince: experience?.unusedSince == null ? null : dayOf(experience.unusedSince),
          evidence: [...evidenceOf(found.understood, ['uses_90d', 'days_since_use'])],
          freshness: await found.freshness('experience'),
        };
      },
      async connection(customer, _, context) {
        const found = await known(customer, context);
        if (found === null) return null;
        const { experience } = found.understood;
        const all = countWithin(experience?.interactions ?? [], found.day, 90);
        const byCustomer = countWithin(experience?.interactionsByCustomer ?? [], found.day, 90);
        return {
          touchpoints: (experience?.connections ?? []).map(({ touchpointId, since, evidence }) => ({
            touchpointId,
            since: dayOf(since),
            evidence: [evidence],
          })),
          interactions90Days: all,
          reciprocity: { ...reciprocity({}, { byCustomer, all }), projection: 'experience', read: () => found.freshness('experience') },
          evidence: [...evidenceOf(found.understood, ['interactions_90d'])],
          freshness: await found.freshness('experience'),
        };
      },
      async satisfaction(customer, _, context) {
        const found = await known(customer, context);
        if (found === null) return null;
        const { experience } = found.understood;
        const csat = answersOf(found.understood, 'CSAT');
        const ces = answersOf(found.understood, 'CES');
        const scale = { min: csat.at(-1)?.scaleMin ?? 1, max: csat.at(-1)?.scaleMax ?? 5 };
        const sevenIs = ces.at(-1)?.sevenIs ?? 'easy';
        const last = experience?.answers.at(-1);
        const read = (answer: Metric | SurveyRefusal) => ({ ...answered(answer), read: () => found.freshness('experience') });
        const asked = (experience?.asked ?? []).filter(({ instrument }) => instrument === 'NPS').length;
        return {
          nps: read(netPromoterScore({}, answersOf(found.understood, 'NPS'), asked)),
          // Only answers on the scale of the last one: scores of two scales are not one number.
          csat: read(
            customerSatisfaction(
              {},
              csat.filter(({ scaleMin, scaleMax }) => scaleMin === scale.min && scaleMax === scale.max),
              { scale },
            ),
          ),
          ces: read(
            customerEffort(
              {},
              ces.filter((answer) => answer.sevenIs === sevenIs),
              { sevenIs },
            ),
          ),
          lastAnswer: last === undefined ? null : dayOf(last.day),
          unansweredSurveys: Number(found.attributes['unanswered_surveys'] ?? 0),
          voices: [...(experience?.voices ?? [])]
            .reverse()
            .map(({ kind, day, evidence }) => ({ kind, day: dayOf(day), evidence: [evidence] })),
          evidence: [...evidenceOf(found.understood, ['nps_score', 'unanswered_surveys'])],
          freshness: await found.freshness('experience'),
        };
      },
      async stage(customer, _, context) {
        const [found, { lifecycle }] = await Promise.all([conclusions(customer, context), context.loaders.definitions()]);
        const [first] = found === null ? [] : holding(lifecycle?.stages ?? [], found.attributes);
        if (found === null || first === undefined || lifecycle === null) return null;
        const { stageId, name } = first.definition;
        return {
          stageId,
          name,
          definitionVersion: lifecycle.version,
          because: first.because,
          evidence: [...evidenceOf(found.understood, first.rule.reads)],
          freshness: await freshnessOfReads(found, first.rule.reads),
        };
      },
      async segments(customer, _, context) {
        const [found, { segments }] = await Promise.all([conclusions(customer, context), context.loaders.definitions()]);
        if (found === null) return null;
        return Promise.all(
          holding(Object.values(segments), found.attributes).map(async ({ definition: { segmentId, name, version }, rule, because }) => ({
            segmentId,
            name,
            definitionVersion: version,
            because,
            evidence: [...evidenceOf(found.understood, rule.reads)],
            freshness: await freshnessOfReads(found, rule.reads),
          })),
        );
      },
      async needs(customer, _, context) {
        const [found, { needs }] = await Promise.all([conclusions(customer, context), context.loaders.definitions()]);
        if (found === null) return null;
        const standing = Object.values(needs).filter(({ declined }) => declined === null);
        const held = await Promise.all(
          holding(standing, found.attributes).map(
            async ({ definition: { needId, name, purposeId = null, priority, version }, rule, because }) => ({
              needId,
              name,
              purposeId,
              priority,
              definitionVersion: version,
              because,
              evidence: [...evidenceOf(found.understood, rule.reads)],
              freshness: await freshnessOfReads(found, rule.reads),
            }),
          ),
        );
        return held.sort((a, b) => (a.priority ?? 9) - (b.priority ?? 9) || (a.needId < b.needId ? -1 : 1));
      },
      async health(customer, _, context) {
        const [found, book] = await Promise.all([conclusions(customer, context), context.loaders.definitions()]);
        const health = found === null ? null : healthOf(book, found.attributes);
        if (found === null || health === null) return null;
        const { active, drivers, probability, intercept, logOdds } = health;
        return {
          probability,
          intercept,
          logOdds,
          outcome: active.outcome === 'purchase' ? ('PURCHASE' as const) : ('RENEWAL' as const),
          horizonDays: active.horizonDays,
          drivers: drivers.map((driver) => ({ ...driver })),
          modelId: active.modelId,
          modelVersion: active.version,
          backTest: active,
          asOfDay: dayOf(found.day),
          evidence: [...evidenceOf(found.understood, featuresOf(health))],
          freshness: await freshnessOfReads(found, featuresOf(health)),
        };
      },
      async churnRisk(customer, _, context) {
        const [found, book] = await Promise.all([conclusions(customer, context), context.loaders.definitions()]);
        if (found === null) return null;
        const { understood, attributes, day } = found;
        const health = healthOf(book, attributes);
        const needsContracts = health === null && attributes['subscriber'] === true;
        // How long contracts last is learned from all of them, who are not folded as of her moment.
        if (needsContracts) presentOnly(found, 'churnRisk');
        const contracts = needsContracts ? await context.loaders.contracts() : null;
        const { reasons, ...risk } = churnRisk(understood, attributes, health, contracts, day);
        return {
          ...risk,
          reasons: reasons.map((reason) => ({ ...reason, evidence: [...reason.evidence] })),
          evidence: [...riskEvidence(understood, reasons, health)],
          asOfDay: dayOf(day),
          freshness: await freshnessOfReads(found, [...RISK_READS, ...(health === null ? [] : featuresOf(health))]),
        };
      },
    },

    Holdings: {
      contracts: ({ understood: { holdings } }) =>
        [...(holdings?.contracts ?? [])]
          .reverse()
          .map(({ id, mrrMinor, currency, since, endsOn, ended, addOns, evidence, ...contract }) => ({
            ...contract,
            subscriptionId: id,
            addOns: [...addOns],
            monthlyRevenue: currency === null ? null : money(mrrMinor, currency),
            since: since === null ? null : dayOf(since),
            endsOn: endsOn === null ? null : dayOf(endsOn),
            ended: ended === null ? null : dayOf(ended),
            evidence: [evidence],
          })),
      products: ({ understood: { holdings } }) =>
        (holdings?.products ?? []).map(({ since, evidence, ...product }) => ({ ...product, since: dayOf(since), evidence: [evidence] })),
      monthlyRevenue: ({ understood }) => {
        const [one, ...more] = revenueOf(understood);
        return one === undefined || more.length > 0 ? null : money(one[1], one[0]);
      },
      reasonNull: ({ understood }) => {
        const currencies = revenueOf(understood).length;
        return currencies === 0 ? 'NO_BASE' : currencies > 1 ? 'MIXED_CURRENCY' : null;
      },
      async contractValue(known, _, { loaders }) {
        const { understood, customer } = known;
        const none = (reasonNull: string) => ({
          value: null,
          low: null,
          high: null,
          level: null,
          nextRenewal: null,
          months: MONTHS,
          method: null,
          basis: 'REVENUE' as const,
          reasonNull,
          evidence: [...evidenceOf(understood, ['mrr'])],
        });
        const paid = (understood.holdings === null ? [] : runningContracts(understood.holdings)).filter(
          ({ since, mrrMinor }) => since !== null && mrrMinor > 0,
        );
        const currencies = new Set(paid.map(({ currency }) => currency));
        const [currency] = currencies;
        if (paid.length === 0 || currency == null) return none('NO_BASE');
        if (currencies.size > 1) return none('MIXED_CURRENCY');
        presentOnly(known, 'contractValue');
        const contracts = await loaders.contracts();
        if (contracts === null || contracts.kind === 'none') return none(contracts?.reason ?? 'NO_CONTRACTS');
        const { model } = contracts.fit;
        let [value, low, high] = [0, 0, 0];
        let nextRenewal = 1;
        for (const { id, renewals, mrrMinor, endsOn } of paid) {
          if (endsOn !== null) {
            nextRenewal = 0;
            continue;
          }
          const question = { model, renewals, periods: MONTHS, discount: DISCOUNT };
          const own = contractValue(question);
          const interval = contractInterval(question, { seed: seedOf(customer, id) });
          value += own.periods * mrrMinor;
          low += interval.low * mrrMinor;
          high += interval.high * mrrMinor;
          nextRenewal *= own.nextRenewal;
        }
        return {
          value: money(Math.round(value), currency),
          low: money(Math.round(low), currency),
          high: money(Math.round(high), currency),
          level: 0.95,
          nextRenewal,
          months: MONTHS,
          method: `${model.kind} of ${contracts.contracts} contracts over ${contracts.renewals} renewals`,
          basis: 'REVENUE' as const,
          reasonNull: null,
          evidence: [...evidenceOf(understood, ['mrr'])],
        };
      },
      silentSubscriber: ({ understood, day }) => silentSubscriber(understood, day),
      evidence: ({ understood }) => [...evidenceOf(understood, ['subscriber', 'days_since_use'])],
      freshness: ({ freshness }) => freshness('holdings'),
    },
  };
}

function revenueOf({ holdings }: Understood): readonly (readonly [currency: string, minor: number])[] {
  const sums = new Map<string, number>();
  for (const { currency, mrrMinor } of holdings === null ? [] : runningContracts(holdings))
    if (currency !== null) sums.set(currency, (sums.get(currency) ?? 0) + mrrMinor);
  return [...sums];
}
