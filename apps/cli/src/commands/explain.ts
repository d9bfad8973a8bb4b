import { IDENTIFIER_TYPES, type IdentifierType } from '@tsunagari/contracts';
import { moneyText, quantity, table, type Deployment } from '@tsunagari/deployment';
import {
  dayNumberOf,
  intervalOf,
  lastClosedDay,
  latestModel,
  lifetimeValueOf,
  purchaseOutlook,
  purchasesOf,
  valuedCustomer,
} from '@tsunagari/understanding';
import { answer, UsageError, withServices, type Command } from '../command';

const TERMS = { horizonMonths: 12, discountMonthly: 0.01 };
const LEVEL = 0.95;

/** Why a customer has no value, for people. */
const REASONS = {
  NO_MODEL: 'no model is fitted yet: run `npm run quickstart`, or the mutation fitModel',
  NO_PURCHASES: 'she has bought nothing yet',
  MIXED_CURRENCY: 'she bought in several currencies, which are never summed',
  OTHER_CURRENCY: 'the model speaks of another currency than hers',
  NO_SPEND_MODEL: 'too few customers have bought again for a model of spend',
} as const;

export const explainCommand: Command = {
  usage: 'explain ltv <customer>',
  summary: "a customer's lifetime value as a product of parts, each in words",
  help: `The customer is an id (the uuid, with or without Customer: before it) or an identifier as type:value, for example user_id:14646.
Types: ${IDENTIFIER_TYPES.join(', ')}.`,
  async run(call) {
    const [what, who, ...more] = call.positionals;
    if (what !== 'ltv' || who === undefined || more.length > 0) throw new UsageError('explain ltv takes one customer');
    return withServices(async ({ runner }, deployment) => {
      const subject = await subjectOf(deployment, who);
      const found = subject === undefined ? undefined : await runner.identity.membersOf(subject);
      const state = found ? ((await purchasesOf(deployment.pool, [found.customer])).get(found.customer) ?? null) : null;
      if (!found || state === null) {
        answer(call, { found: false, customer: who }, `Nobody known as ${who}.`);
        return 1;
      }
      const [model, day] = [await latestModel(deployment.store), await lastClosedDay(deployment.store)];
      const { customer: valued } = valuedCustomer(found.customer, state, model, day === null ? null : dayNumberOf(day));
      const value = valued.kind === 'known' ? lifetimeValueOf(valued, TERMS) : null;
      if (valued.kind !== 'known' || value === null) {
        const reason = valued.kind === 'none' ? valued.reason : 'NO_SPEND_MODEL';
        answer(call, { found: true, customer: found.customer, value: null, reason }, `No value: ${REASONS[reason]}.`);
        return 1;
      }
      const interval = intervalOf(valued, TERMS, LEVEL);
      const outlook = purchaseOutlook(valued, 90);
      const { currency, modelId, asOfDay, transactions } = valued.model;
      const text = [
        `${who} = Customer:${found.customer}`,
        `Lifetime value over 12 months: ${moneyText(value.valueMinor, currency)}` +
          (interval
            ? `, ${LEVEL * 100} % of her possible futures between ${money(interval.low, currency)} and ${money(interval.high, currency)}`
            : ''),
        '',
        table(
          ['part', 'factor', 'in words'],
          value.parts.map(({ name, factor, words }) => [name, factor.toPrecision(6), words]),
        ),
        '',
        value.words,
        `P(purchase in 90 days) ${quantity(outlook.probability * 100, 1)} %. Model ${transactions.kind}, ${modelId}, as of ${asOfDay}.`,
      ].join('\n');
      answer(
        call,
        {
          found: true,
          customer: found.customer,
          ...value,
          currency,
          interval: interval && { ...interval, level: LEVEL },
          outlook,
          modelId,
          asOfDay,
        },
        text,
      );
      return 0;
    });
  },
};

function money(major: number, currency: string): string {
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency }).format(major);
}

async function subjectOf({ keyring }: Deployment, who: string): Promise<string | undefined> {
  const uuid = /^(?:Customer:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(who)?.[1];
  if (uuid !== undefined) return uuid;
  const colon = who.indexOf(':');
  const type = IDENTIFIER_TYPES.find((known): known is IdentifierType => known === who.slice(0, colon));
  if (colon < 0 || !type)
    throw new UsageError(`${who} is no customer: give an id, or type:value with a type of ${IDENTIFIER_TYPES.join(', ')}`);
  const [known] = await keyring.subjectsOf([{ type, value: who.slice(colon + 1) }], { create: false });
  return known?.kind === 'known' ? known.subject : undefined;
}
