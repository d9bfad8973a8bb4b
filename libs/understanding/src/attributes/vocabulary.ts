import { type Attribute, defineVocabulary, type RuleCompiler, ruleCompiler } from '@tsunagari/rules';

export type HealthOutcome = 'purchase' | 'renewal';

/** An attribute of a customer as of the close of a day. */
export type CustomerAttribute = Attribute & {
  /** Where it comes from: the read model whose version and position it carries. */
  readonly from: 'purchases' | 'profile' | 'holdings' | 'experience' | 'model';
  /** It tells this outcome by itself, or was made with knowledge of it: no health model of that outcome may use it. */
  readonly leaks?: readonly HealthOutcome[];
};

const model = ['purchase', 'renewal'] as const;

/** What rules, metrics and health models of understanding may speak of. Everything is as of the close of one day. */
export const CUSTOMER_ATTRIBUTES = defineVocabulary({
  as_of: { type: 'timestamp', from: 'profile', meaning: 'The end of the day that is spoken of.' },
  kind: { type: 'string', from: 'profile', meaning: '"person", "account" or "unidentified".' },
  days_known: { type: 'int', from: 'profile', meaning: 'Whole days since anything was first seen of her.' },
  identifiers: { type: 'int', from: 'profile', meaning: 'Identifiers that are hers.' },

  purchases: { type: 'int', from: 'purchases', meaning: 'Days with a purchase.' },
  purchases_90d: { type: 'int', from: 'purchases', meaning: 'Days with a purchase among the last 90.' },
  purchases_365d: { type: 'int', from: 'purchases', meaning: 'Days with a purchase among the last 365.' },
  days_since_purchase: { type: 'int', from: 'purchases', meaning: 'Since the last purchase; unknown before the first.' },
  days_since_first_purchase: { type: 'int', from: 'purchases', meaning: 'Since the first purchase; unknown before it.' },
  days_between_purchases: { type: 'double', from: 'purchases', meaning: 'Mean gap of her purchases; unknown before the second.' },
  sales: { type: 'double', from: 'purchases', meaning: 'Gross sales in the major unit of her one currency; unknown in several.' },
  mean_sale: { type: 'double', from: 'purchases', meaning: 'Gross sales a day with a purchase, major unit.' },

  subscriber: { type: 'bool', from: 'holdings', leaks: ['renewal'], meaning: 'Has a running contract, paused or on trial included.' },
  mrr: { type: 'double', from: 'holdings', meaning: 'What her contracts bring a month, major unit; unknown in several currencies.' },
  contract_days: { type: 'int', from: 'holdings', meaning: 'Days since the oldest running contract was first paid; unknown without one.' },
  ended_contracts: { type: 'int', from: 'holdings', meaning: 'Contracts that have ended.' },
  paused: { type: 'bool', from: 'holdings', meaning: 'A contract of hers is paused.' },
  leaving: { type: 'bool', from: 'holdings', leaks: ['renewal'], meaning: 'She asked to end a contract that still runs.' },
  failed_payments: { type: 'int', from: 'holdings', meaning: 'Payments that failed since the last renewal.' },

  uses_30d: { type: 'int', from: 'experience', meaning: 'Uses among the last 30 days.' },
  uses_90d: { type: 'int', from: 'experience', meaning: 'Uses among the last 90 days.' },
  days_since_use: { type: 'int', from: 'experience', meaning: 'Since the last use; unknown before the first.' },
  nps_score: { type: 'int', from: 'experience', meaning: 'Her last answer, 0 to 10; unknown before the first.' },
  days_since_answer: { type: 'int', from: 'experience', meaning: 'Since she last answered a survey; unknown before the first.' },
  unanswered_surveys: { type: 'int', from: 'experience', meaning: 'Surveys sent in the last 365 days that she left unanswered.' },
  dissatisfactions_90d: { type: 'int', from: 'experience', meaning: 'Dissatisfactions and troubles voiced in the last 90 days.' },
  connections: { type: 'int', from: 'experience', meaning: 'Touchpoints by which she can be met.' },
  interactions_90d: { type: 'int', from: 'experience', meaning: 'Interactions of the last 90 days.' },
  initiative_90d: { type: 'double', from: 'experience', meaning: 'The share of them that she began; unknown without any.' },

  purchase_probability_90d: {
    type: 'double',
    from: 'model',
    leaks: model,
    meaning: 'Of a purchase in the next 90 days; unknown without a model.',
  },
  ltv_12m: {
    type: 'double',
    from: 'model',
    leaks: model,
    meaning: 'Lifetime value of twelve months, major unit; unknown without a model.',
  },
} as const satisfies Readonly<Record<string, CustomerAttribute>>);

export type CustomerAttributeName = keyof typeof CUSTOMER_ATTRIBUTES;

export const attributeNames = Object.keys(CUSTOMER_ATTRIBUTES) as readonly CustomerAttributeName[];

export function attributeOf(name: string): CustomerAttribute | undefined {
  return Object.hasOwn(CUSTOMER_ATTRIBUTES, name) ? CUSTOMER_ATTRIBUTES[name as CustomerAttributeName] : undefined;
}

/** The compiler of rules over customers' attributes. */
export const customerRules: RuleCompiler = ruleCompiler(CUSTOMER_ATTRIBUTES);
