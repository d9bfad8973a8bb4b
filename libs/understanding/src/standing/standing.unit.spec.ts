import {
  behaviourRecorded,
  cancellationRequested,
  cancellationUndone,
  type FactDefinition,
  healthModelActivated,
  healthModelBacktested,
  healthModelDefined,
  identifierRegistered,
  lifecycleDefined,
  needDefined,
  orderPlaced,
  segmentDefined,
  signals as registry,
  subscriptionActivated,
  voiceRecorded,
} from '@tsunagari/contracts';
import { foldCustomer, type SignalDraft } from '@tsunagari/projection';
import { recorded } from '@tsunagari/testing';
import { attributesOf } from '../attributes/attributes';
import { evidenceOf, MOST_EVIDENCE } from '../attributes/evidence';
import { attributeNames } from '../attributes/vocabulary';
import { dayNumberOf } from '../calendar';
import { type DefinitionBook, EMPTY_BOOK, foldDefinition } from '../definitions/definition-book';
import { revisionOf, standingProjection, type StandingState, standingVersion } from './standing.projection';

const name = { ja: '名', en: 'Name' };
let position = 0;
type Made = ReturnType<typeof recorded>;
const on = (day: string, definition: FactDefinition, data: object): Made =>
  recorded(definition, data, { subject: 'she', occurred: `${day}T10:00:00.000Z`, position: String((position += 1)) });

const registered = (day: string): Made =>
  on(day, identifierRegistered, { identifierType: 'user_id', value: 'sealed.1.x', verified: true, kind: 'person' });
const gbp = (amountMinor: number) => ({ amountMinor, currency: 'GBP' });
const bought = (day: string): Made =>
  on(day, orderPlaced, {
    orderId: `o-${position}`,
    lines: [{ sku: 'A', quantity: 1, unitPrice: '10.00' }],
    total: gbp(1000),
    sales: gbp(1000),
  });
const used = (day: string): Made => on(day, behaviourRecorded, { call: 'track', name: 'Used', properties: {} });
const subscribed = (day: string): Made =>
  on(day, subscriptionActivated, {
    subscriptionId: 's',
    planId: 'basic',
    planVersion: 1,
    family: 'f',
    kind: 'new',
    price: gbp(500),
    interval: 'month',
    terms: { takesEffect: 'period-end', noticeDays: 0, minimumMonths: 0 },
    graceDays: 10,
    periodEndsAt: '2026-12-10T10:00:00.000Z',
    mrr: gbp(500),
    mrrDelta: gbp(500),
  });
const voiced = (day: string, kind: string): Made =>
  on(day, voiceRecorded, { touchpointId: 'app', voiceId: `v-${position}`, kind, text: 'sealed.1.x' });

function bookOf(...defined: readonly (readonly [FactDefinition, object])[]): DefinitionBook {
  return defined.map(([definition, data], n) => recorded(definition, data, { position: String(n + 1) })).reduce(foldDefinition, EMPTY_BOOK);
}
const segment = (segmentId: string, rule: string, version = 1) => [segmentDefined, { segmentId, version, name, rule }] as const;

/** Given these definitions and what happened by a day, when more happens or days pass: what is told, each by its contract. */
function given(book: DefinitionBook, facts: readonly Made[], lastClosed: string) {
  const projection = standingProjection({ book });
  const stateBy = (all: readonly Made[], day: string, by = projection): StandingState | undefined =>
    foldCustomer(by, all, { lastClosed: day, timeZone: 'UTC' })?.state;
  const told = (drafts: readonly SignalDraft[] = []) => {
    for (const { kind, data } of drafts) expect(registry.get('signals', kind)?.data.safeParse(data).error).toBeUndefined();
    return drafts.map(({ kind, data, evidence }) => ({ kind, data, evidence }));
  };
  const before = stateBy(facts, lastClosed);
  return {
    state: before,
    when(more: readonly Made[], day: string) {
      const after = stateBy([...facts, ...more], day);
      const cause = more.length > 0 ? ('facts' as const) : ('time' as const);
      return told(projection.signals?.(before, after, { customer: 'she', position: '9', cause, facts: more }));
    },
    /** The same facts, seen by other definitions. */
    whenDefined(other: DefinitionBook, customer = 'she') {
      const by = standingProjection({ book: other, revision: 2 });
      return told(by.signals?.(before, stateBy(facts, lastClosed, by), { customer, position: '9', cause: 'definition', facts: [] }));
    },
    whenSheBecomesAnother: () =>
      told(projection.signals?.(before, undefined, { customer: 'she', position: '9', cause: 'identity', facts: [] })),
  };
}

describe('where a customer stands, told as signals', () => {
  const quiet = bookOf(segment('quiet', 'days_since_purchase > 30'));

  it('by time alone she enters a segment, and by a purchase she leaves it; each with the facts behind it', () => {
    const [who, order] = [registered('2026-01-01'), bought('2026-01-01')];
    const one = given(quiet, [who, order], '2026-01-31');
    expect(one.when([], '2026-02-01')).toEqual([
      { kind: 'SegmentEntered', data: { segmentId: 'quiet', definitionVersion: 1, asOfDay: '2026-02-01' }, evidence: [order.id] },
    ]);
    // Nothing more is told the days after, and the night that nobody closed yet tells nothing.
    expect(given(quiet, [who, order], '2026-02-01').when([], '2026-03-01')).toEqual([]);
    const again = bought('2026-02-10');
    expect(given(quiet, [who, order], '2026-02-01').when([again], '2026-02-09')).toEqual([]);
    expect(given(quiet, [who, order], '2026-02-01').when([again], '2026-02-10')).toEqual([
      { kind: 'SegmentExited', data: { segmentId: 'quiet', definitionVersion: 1, asOfDay: '2026-02-10' }, evidence: [order.id, again.id] },
    ]);
  });

  it('under changed definitions the difference is told, and nothing where only the text is another', () => {
    const one = given(quiet, [registered('2026-01-01'), bought('2026-01-01')], '2026-02-05');
    expect(one.whenDefined(bookOf(segment('quiet', '30 < days_since_purchase', 2)))).toEqual([]);
    expect(one.whenDefined(bookOf(segment('quiet', 'days_since_purchase > 300', 2), segment('new', 'purchases == 1')))).toMatchObject([
      { kind: 'SegmentEntered', data: { segmentId: 'new', definitionVersion: 1 } },
      { kind: 'SegmentExited', data: { segmentId: 'quiet', definitionVersion: 1 } },
    ]);
  });

  it('her stage changes as the first rule that holds does, and into none [4.23]', () => {
    const stages = [
      { stageId: 'lapsed', name, rule: 'days_since_purchase > 60' },
      { stageId: 'regular', name, rule: 'purchases >= 2' },
      { stageId: 'new', name, rule: 'purchases == 1' },
    ];
    const book = bookOf([lifecycleDefined, { version: 3, stages }]);
    const first = [registered('2026-01-01'), bought('2026-01-01')];
    const second = bought('2026-01-20');
    const changed = (from: string | null, to: string | null, asOfDay: string) => ({ from, to, definitionVersion: 3, asOfDay });
    expect(given(book, first, '2026-01-10').when([second], '2026-01-20')).toMatchObject([
      { kind: 'LifecycleStageChanged', data: changed('new', 'regular', '2026-01-20') },
    ]);
    expect(given(book, [...first, second], '2026-01-20').when([], '2026-03-25')).toMatchObject([
      { kind: 'LifecycleStageChanged', data: changed('regular', 'lapsed', '2026-03-25') },
      { kind: 'ChurnRiskRaised', data: { reasons: [{ code: 'LONGER_THAN_USUAL' }] } },
    ]);
    const [, regular] = stages;
    expect(
      given(bookOf([lifecycleDefined, { version: 3, stages: [regular] }]), [first[0] ?? second, second], '2026-01-20').state?.standing
        ?.stage,
    ).toBeNull();
  });

  it('a need that her use shows is told once, with its purpose', () => {
    const need = { needId: 'refill', version: 1, name, rule: 'uses_30d >= 2 && !subscriber', purposeId: 'smooth-hair' };
    const book = bookOf([needDefined, need]);
    const facts = [registered('2026-01-01'), used('2026-01-02')];
    const more = used('2026-01-03');
    expect(given(book, facts, '2026-01-02').when([more], '2026-01-03')).toEqual([
      {
        kind: 'NeedDetected',
        data: { needId: 'refill', purposeId: 'smooth-hair', definitionVersion: 1, asOfDay: '2026-01-03' },
        evidence: [facts[1]?.id, more.id],
      },
    ]);
    expect(given(book, [...facts, more], '2026-01-03').when([used('2026-01-04')], '2026-01-04')).toEqual([]);
  });

  it('the risk is raised by what speaks for leaving, and cleared when it speaks no more', () => {
    const facts = [registered('2026-01-01'), subscribed('2026-01-01'), used('2026-01-02')];
    const asked = on('2026-01-10', cancellationRequested, { subscriptionId: 's', effectiveAt: '2026-02-01T00:00:00.000Z' });
    expect(given(EMPTY_BOOK, facts, '2026-01-09').when([asked], '2026-01-10')).toEqual([
      {
        kind: 'ChurnRiskRaised',
        data: {
          probability: null,
          horizonDays: null,
          reasons: [{ code: 'CANCELLATION_REQUESTED', evidence: [asked.id] }],
          asOfDay: '2026-01-10',
        },
        evidence: [asked.id],
      },
    ]);
    const undone = on('2026-01-12', cancellationUndone, { subscriptionId: 's' });
    expect(given(EMPTY_BOOK, [...facts, asked], '2026-01-10').when([undone], '2026-01-12')).toEqual([
      { kind: 'ChurnRiskCleared', data: { probability: null, asOfDay: '2026-01-12' }, evidence: [asked.id, undone.id] },
    ]);
  });

  it('an activated health model decides in the place of reasons, from one half on', () => {
    const backtestId = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    const health = (intercept: number): DefinitionBook =>
      bookOf(
        [healthModelDefined, { modelId: 'h', version: 1, name, outcome: 'purchase', horizonDays: 90, features: ['purchases'] }],
        [
          healthModelBacktested,
          {
            modelId: 'h',
            version: 1,
            backtestId,
            asOfDay: '2025-12-31',
            inputsPosition: '1',
            customers: 10,
            report: {},
            fitted: { intercept, terms: [] },
            leaking: [],
          },
        ],
        [healthModelActivated, { modelId: 'h', version: 1, backtestId }],
      );
    const facts = [registered('2026-01-01'), bought('2026-01-01')];
    expect(given(health(1), facts, '2026-01-02').state?.standing).toMatchObject({ atRisk: false, probability: 0.2689, horizonDays: 90 });
    expect(given(health(1), facts, '2026-01-02').whenDefined(health(-1))).toMatchObject([
      { kind: 'ChurnRiskRaised', data: { probability: 0.7311, horizonDays: 90 } },
    ]);
    expect(given(health(-1), facts, '2026-01-02').whenDefined(health(1))).toMatchObject([{ kind: 'ChurnRiskCleared' }]);
  });

  it('a dissatisfaction is told with the fact that says it, not at the end of the day', () => {
    const facts = [registered('2026-01-01'), voiced('2026-01-02', 'dissatisfaction')];
    const [trouble, praise] = [voiced('2026-01-05', 'trouble'), voiced('2026-01-05', 'praise')];
    expect(given(EMPTY_BOOK, facts, '2026-01-04').when([trouble, praise], '2026-01-04')).toEqual([
      { kind: 'DissatisfactionDetected', data: { voices: [{ kind: 'trouble', evidence: trouble.id }] }, evidence: [trouble.id] },
    ]);
  });

  it('who pays and uses nothing for thirty days is a silent subscriber', () => {
    const facts = [registered('2026-01-01'), subscribed('2026-01-01'), used('2026-01-05')];
    const told = given(EMPTY_BOOK, facts, '2026-02-03').when([], '2026-02-04');
    expect(told).toMatchObject([
      { kind: 'ChurnRiskRaised', data: { reasons: [{ code: 'SILENT_SUBSCRIBER' }] } },
      {
        kind: 'SilentSubscriberDetected',
        data: { lastUse: '2026-01-05', asOfDay: '2026-02-04' },
        evidence: [facts[1]?.id, facts[2]?.id],
      },
    ]);
  });

  it('a relationship lapses ninety days after the last purchase, but not while she pays for a contract [1.07]', () => {
    const facts = [registered('2026-01-01'), bought('2026-01-01')];
    expect(given(EMPTY_BOOK, facts, '2026-03-31').when([], '2026-04-01')).toEqual([
      {
        kind: 'RelationshipLapsed',
        data: { lastPurchase: '2026-01-01', afterDays: 90, asOfDay: '2026-04-01' },
        evidence: [facts[1]?.id],
      },
    ]);
    const paying = given(EMPTY_BOOK, [...facts, subscribed('2026-01-02'), used('2026-03-30')], '2026-03-31');
    expect(paying.when([], '2026-04-01')).toEqual([]);
  });

  it('of a buyer whom nobody knows nothing is told, nor of one who became another customer', () => {
    expect(given(quiet, [bought('2026-01-01')], '2026-01-02').when([], '2026-06-01')).toEqual([]);
    expect(given(quiet, [registered('2026-01-01'), bought('2026-01-01')], '2026-06-01').whenSheBecomesAnother()).toEqual([]);
  });

  it('a rule over the scores of a model is judged on reading only: no fold of one customer knows them', () => {
    const book = bookOf(segment('worth', 'ltv_12m > 100.0'), segment('buyer', 'purchases > 0'));
    expect(given(book, [registered('2026-01-01'), bought('2026-01-01')], '2026-01-02').state?.standing?.segments).toEqual({ buyer: 1 });
  });

  it('the state record keeps its contract, and a night that changes nothing leaves it as it is', () => {
    const projection = standingProjection({ book: quiet });
    const facts = [registered('2026-01-01'), bought('2026-01-01'), subscribed('2026-01-02')];
    const [day, next] = ['2026-02-01', '2026-02-02'].map((closed) => given(quiet, facts, closed).state);
    const shown = day && projection.publishes?.(day);
    expect(registry.get('state', 'standing')?.data.safeParse(shown).error).toBeUndefined();
    expect(shown).toMatchObject({ segments: ['quiet'], subscriber: true, purchases: 1, monthlyMinor: { GBP: 500 } });
    expect(next && projection.publishes?.(next)).toEqual(shown);
  });

  it('a version names the code and the newest definition that it knows', () => {
    expect(revisionOf(standingVersion(17))).toBe(17);
    expect(revisionOf(17)).toBeNull();
  });
});

describe('evidence', () => {
  it('every attribute that is known of her rests on facts of hers', () => {
    const facts = [
      registered('2026-01-01'),
      ...['2026-01-01', '2026-01-05', '2026-01-20'].map(bought),
      subscribed('2026-01-02'),
      used('2026-01-03'),
      voiced('2026-01-04', 'trouble'),
    ];
    const { state } = given(EMPTY_BOOK, facts, '2026-02-01');
    if (state === undefined) throw new Error('she has a state');
    const known = { ...state, customer: 'she' };
    const attributes = attributesOf(known, null, dayNumberOf('2026-02-01'));
    const without = attributeNames.filter(
      (attribute) => attributes[attribute] !== undefined && attributes[attribute] !== 0 && evidenceOf(known, [attribute]).length === 0,
    );
    expect(without).toEqual(['as_of']);
    const ids = new Set(facts.map(({ id }) => id));
    const all = evidenceOf(known, attributeNames);
    expect(all.every((id) => ids.has(id))).toBe(true);
    expect(all.length).toBeLessThanOrEqual(MOST_EVIDENCE);
  });
});
