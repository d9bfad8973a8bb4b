import {
  acquisitionCostRecorded,
  behaviourRecorded,
  consentGranted,
  customerConnected,
  customersMerged,
  goalAchieved,
  goalConfirmed,
  holdoutDefined,
  identifierRegistered,
  modelFitted,
  proposalDecided,
  subscriptionActivated,
  surveyAnswered,
  touchpointPaused,
  touchpointRegistered,
} from '@tsunagari/contracts';
import { toGlobalId } from '@tsunagari/graphql';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';
import { MODEL_STREAM } from '../lifetime-value/model';

/**
 * January as it was known at its end: Ann, who bought, pays, answered and achieved, and Cat, who used something. Afterwards it is heard what else had happened in
 * January: all of that of Ben too, other costs, a closed touchpoint; and Cat turns out to be Ann. A board as of the end of January knows nothing of it.
 */
let on: SpecPlatform;
let then = '';
const who: Record<'ann' | 'ben' | 'cat', string> = { ann: '', ben: '', cat: '' };
const JANUARY = 'period: { from: "2026-01-01", to: "2026-01-31" }';
const gbp = (amountMinor: number) => ({ amountMinor, currency: 'GBP' });
const READ_MODELS = ['purchases', 'profile', 'holdings', 'experience', 'reach', 'outcomes'] as const;

const contract = (subscriptionId: string, minor: number) => ({
  ...{ subscriptionId, planId: 'basic', planVersion: 1, family: 'f', kind: 'new', price: gbp(minor), interval: 'month', graceDays: 10 },
  terms: { takesEffect: 'immediately', noticeDays: 0, minimumMonths: 0 },
  ...{ periodEndsAt: '2026-12-10T10:00:00.000Z', mrr: gbp(minor), mrrDelta: gbp(minor) },
});
const place = (touchpointId: string) => ({
  ...{
    touchpointId,
    direction: 'two_way',
    name: { ja: '名', en: 'Name' },
    kind: 'web',
    directness: 'direct',
    online: true,
    selfService: [],
  },
});
const ads = (amountMinor: number) => ({
  ...{ costId: 'ads', from: '2026-01-01', to: '2026-01-31', cost: gbp(amountMinor), channel: 'search', source: 'books', kind: 'marketing' },
});
const use = (name: 'ann' | 'ben' | 'cat') =>
  on.record(who[name], behaviourRecorded, { call: 'track', name: 'Lesson', properties: {} }, '2026-01-04');

/** Everything that boards count of a customer. */
async function lives(name: 'ann' | 'ben', minor: number, score: number): Promise<void> {
  const her = who[name];
  const { proposals: _, ...decided } = proposalDecided.examples[0] as { proposals: unknown };
  const arm = name === 'ann' ? { arm: 'treated' } : { arm: 'holdout', holdout: { id: 'half', bucket: 0.1 } };
  await on.buys(her, `o-${name}`, '2026-01-02', minor);
  await on.record(her, goalConfirmed, { goalId: `g-${name}`, purposeId: 'smooth' }, '2026-01-03');
  await on.record(her, proposalDecided, { ...decided, ...arm, proposals: [] }, '2026-01-03');
  const achieved = { indicatorId: 'i', indicatorVersion: 1, observationIds: [], timeToValueMs: 0 };
  await on.record(her, goalAchieved, { goalId: `g-${name}`, purposeId: 'smooth', ...achieved }, '2026-01-12');
  await on.record(her, subscriptionActivated, contract(`s-${name}`, minor), '2026-01-05');
  await on.record(her, surveyAnswered, { instrument: 'NPS', waveId: 'w', score, scaleMin: 0, scaleMax: 10 }, '2026-01-20');
  const address = { identifierType: 'email', value: `${name}@example.com`, verified: true, kind: 'person' };
  await on.record(her, identifierRegistered, address, '2026-01-02');
  await on.record(her, consentGranted, { category: 'marketing', channel: 'email', source: 'customers', verified: true }, '2026-01-03');
  await on.record(her, customerConnected, { touchpointId: 'app', via: 'sign_up' }, '2026-01-04');
}
async function segment(segmentId: string, rule: string): Promise<void> {
  const asked = { by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z', idempotencyKey: `${segmentId}-${rule.length}` };
  const outcome = await on.definitions.define({ kind: 'DefineSegment', segmentId, name: { ja: '名', en: segmentId }, rule }, asked);
  expect(outcome).toMatchObject({ kind: 'accepted' });
}
async function built(name: string, label: string, position: string): Promise<void> {
  expect(await on.runner.startRebuild(name, { by: 'user:ops', asOf: { label, position } })).toMatchObject({ kind: 'started' });
  while ((await on.runner.labelled(name, label))?.isReady !== true) await on.runner.catchUp();
}

beforeAll(async () => {
  on = await specPlatform();
  for (const name of ['ann', 'ben', 'cat'] as const) who[name] = await on.customer(name, '2026-01-01');
  await on.record(null, touchpointRegistered, place('app'), '2026-01-01');
  await on.record(null, touchpointRegistered, place('shop'), '2026-01-01');
  await on.record(null, holdoutDefined, { holdoutId: 'half', salt: 's', from: 0, to: 0.5 }, '2026-01-01');
  await on.record(null, acquisitionCostRecorded, ads(1000), '2026-01-31');
  await lives('ann', 1000, 10);
  await use('cat');
  await segment('buyers', 'purchases > 0');
  await on.understoodUpTo('2026-01-31');
  then = await on.log.head();
  await lives('ben', 3000, 2);
  await use('ben');
  await on.record(null, acquisitionCostRecorded, ads(8000), '2026-02-01');
  await on.record(null, touchpointPaused, { touchpointId: 'shop', reason: 'gone' }, '2026-02-01');
  await on.record(who.ann, customersMerged, { subjects: [who.ann, who.cat], by: 'user:ops', reason: 'the same person' }, '2026-02-11');
  await segment('buyers', 'purchases > 0 && subscriber');
  await on.understoodUpTo('2026-02-14');
  for (const name of READ_MODELS) await built(name, 'january', then);
  await built('holdings', 'partly', then);
  await built('profile', 'mixed', then);
  await built('purchases', 'mixed', await on.log.head());
}, 90_000);
afterAll(() => on.stop());

const METRIC = '{ value numerator denominator n freshness { position } }';
const fresh = { freshness: { position: expect.anything() as string } };
type Asked = {
  readonly field: string;
  readonly args?: string;
  readonly shows: string;
  readonly reads: readonly (typeof READ_MODELS)[number][];
};

/** Each board that stands on read models, what it stands on, and what it says then and now. */
const BOARDS: readonly (Asked & { readonly then: object; readonly now: object })[] = [
  {
    field: 'mrrWaterfall',
    args: JANUARY,
    shows: `currency new { amountMinor } end { amountMinor } arpa ${METRIC}`,
    reads: ['holdings'],
    then: { currency: 'GBP', new: { amountMinor: '1000' }, end: { amountMinor: '1000' }, arpa: { value: '1000', n: 1 } },
    now: { new: { amountMinor: '4000' }, end: { amountMinor: '4000' }, arpa: { value: '2000', n: 2 } },
  },
  {
    field: 'satisfactionBoard',
    args: JANUARY,
    shows: `nps ${METRIC} csat ${METRIC}`,
    reads: ['experience'],
    then: { nps: { value: '100', n: 1 }, csat: { value: null } },
    now: { nps: { value: '0', n: 2 } },
  },
  {
    field: 'costBoard',
    args: JANUARY,
    shows: `acquisition { amountMinor } converted cac ${METRIC} ltvToCac ${METRIC}`,
    reads: ['holdings', 'purchases'],
    then: { acquisition: { amountMinor: '1000' }, converted: 1, cac: { value: '1000' } },
    now: { acquisition: { amountMinor: '8000' }, converted: 2, cac: { value: '4000' } },
  },
  {
    field: 'connectionBoard',
    shows: `touchpoints asOfDay alwaysConnected ${METRIC}`,
    reads: ['reach', 'profile', 'purchases', 'holdings', 'experience'],
    then: { touchpoints: ['app', 'shop'], asOfDay: '2026-01-31', alwaysConnected: { value: '1', denominator: '1' } },
    now: { touchpoints: ['app'], asOfDay: '2026-02-14', alwaysConnected: { value: '1', denominator: '2' } },
  },
  {
    field: 'outcomeToRetention',
    args: 'landmarks: [15], horizonDays: 5',
    shows: `asOfDay landmarks { achievers others difference ${METRIC} } holdouts { treated heldOut effect ${METRIC} }`,
    reads: ['outcomes', 'purchases', 'holdings', 'profile'],
    then: { asOfDay: '2026-01-31', landmarks: [{ achievers: 1, others: 0 }], holdouts: [{ treated: 1, heldOut: 0 }] },
    now: { asOfDay: '2026-02-14', landmarks: [{ achievers: 2, others: 0 }], holdouts: [{ treated: 1, heldOut: 1 }] },
  },
  {
    field: 'achievementThroughService',
    args: 'purposeId: "smooth", withinDays: 20, usedWithinDays: 5',
    shows: `asOfDay users { achieved n } others { achieved n } observational ${METRIC} holdouts { treated { n } heldOut { n } }`,
    reads: ['outcomes'],
    // What Cat used is nobody's of these then: she was not Ann yet.
    then: { asOfDay: '2026-01-31', users: { n: 0 }, others: { achieved: 1, n: 1 }, holdouts: [{ treated: { n: 1 }, heldOut: { n: 0 } }] },
    now: { asOfDay: '2026-02-14', users: { achieved: 2, n: 2 }, others: { n: 0 }, holdouts: [{ treated: { n: 1 }, heldOut: { n: 1 } }] },
  },
];

describe.each(BOARDS)('$field', ({ field, args, shows, reads, then: known, now }) => {
  const query = (label?: string) => {
    const all = [...(args === undefined ? [] : [args]), ...(label === undefined ? [] : [`asOfLabel: "${label}"`])];
    return `{ board: ${field}${all.length === 0 ? '' : `(${all.join(', ')})`} { ${shows} freshness { projection position lagMs } } }`;
  };
  const ask = async (label?: string) => (await on.ask<{ board: Readonly<Record<string, unknown>> }>(query(label))).board;

  it('says by the label what was known then, of every part of it, and without one what is known now', async () => {
    const named = await ask('january');
    expect(named).toMatchObject({ ...known, freshness: { projection: reads[0], position: then, lagMs: 0 } });
    const positions = [...JSON.stringify(named).matchAll(/"position":"(\d+)"/g)].map(([, position]) => position);
    expect(positions.length).toBeGreaterThan(1);
    expect(new Set(positions)).toEqual(new Set([then]));
    const live = await ask();
    expect(live).toMatchObject({ ...now, ...fresh });
    expect(live['freshness']).not.toMatchObject({ position: then });
  });

  it('refuses a label that nothing has, and one that lacks what it stands on, with what to build', async () => {
    expect(await on.refusal(query('never'))).toMatchObject({ code: 'NOT_FOUND', field: 'asOfLabel' });
    const lacks = reads.find((name) => name !== 'holdings');
    if (lacks === undefined) expect(await ask('partly')).toMatchObject(known);
    else
      expect(await on.refusal(query('partly'))).toMatchObject({
        code: 'AS_OF_UNSUPPORTED',
        field: 'asOfLabel',
        remedy: expect.stringContaining(`startRebuild(input: { projection: "${lacks}", asOf: { label: "partly", position: "${then}" } })`),
      });
  });
});

it('generations of one label that are of several moments are not mixed', async () => {
  await built('outcomes', 'mixed', then);
  await built('holdings', 'mixed', then);
  expect(await on.refusal('{ outcomeToRetention(asOfLabel: "mixed") { asOfDay } }')).toMatchObject({
    code: 'AS_OF_UNSUPPORTED',
    field: 'asOfLabel',
    remedy: expect.stringContaining('under another label'),
  });
  // What stands on those of one moment only is answered by it.
  expect(await on.ask(`{ mrrWaterfall(${JANUARY}, asOfLabel: "mixed") { end { amountMinor } } }`)).toMatchObject({
    mrrWaterfall: { end: { amountMinor: '1000' } },
  });
});

it("a segment's members, and whom a rule would hold for, are those of then; each of them is one as of then", async () => {
  const FIELDS = '{ edges { node { id } } freshness { position } }';
  const members = async (more: string) =>
    (
      await on.ask<{
        segmentMembers: { readonly edges: readonly { readonly node: { readonly id: string } }[]; readonly freshness: object };
      }>(`{ segmentMembers(segmentId: "buyers" ${more}) ${FIELDS} }`)
    ).segmentMembers;
  const named = await members('asOfLabel: "january"');
  expect(named.edges).toHaveLength(1);
  expect(named.edges[0]?.node.id).toMatch(new RegExp(`@${then}$`));
  expect(named.freshness).toEqual({ position: then });
  expect((await members('')).edges).toHaveLength(2);
  expect(await on.refusal(`{ segmentMembers(segmentId: "buyers", asOfLabel: "partly") ${FIELDS} }`)).toMatchObject({
    code: 'AS_OF_UNSUPPORTED',
    remedy: expect.stringContaining('projection: "purchases"'),
  });

  const dryRun = (more: string) =>
    on.ask(`{ dryRunRule(rule: "purchases > 0" ${more}) { ... on RuleDryRun { holds examples { id } asOfDay freshness { position } } } }`);
  expect(await dryRun('asOfLabel: "january"')).toMatchObject({
    dryRunRule: { holds: 1, examples: [{ id: named.edges[0]?.node.id }], asOfDay: '2026-01-31', freshness: { position: then } },
  });
  expect(await dryRun('')).toMatchObject({ dryRunRule: { holds: 2, asOfDay: '2026-02-14' } });
});

it('definitions are those of then', async () => {
  const rules = (args: string) => on.ask(`{ definitions${args} { segments { segmentId version rule } } }`);
  const first = { segmentId: 'buyers', version: 1, rule: 'purchases > 0' };
  expect(await rules(`(asOf: { position: "${then}" })`)).toEqual({ definitions: { segments: [first] } });
  expect(await rules('(asOf: { occurredBy: "2026-02-14T00:00:00Z" })')).toEqual({ definitions: { segments: [] } });
  expect(await rules('')).toMatchObject({ definitions: { segments: [{ version: 2 }] } });
});

it('the log shows the facts that counted then, and of a customer those that were hers', async () => {
  const ids = async (args: string) => {
    const { events } = await on.ask<{
      events: { readonly edges: readonly { readonly node: { readonly subject: string } }[]; readonly freshness: object };
    }>(`{ events(${args}) { edges { node { subject type } } freshness { projection position } } }`);
    return { of: events.edges.map(({ node }) => node.subject), freshness: events.freshness };
  };
  const used = `types: ["${behaviourRecorded.type}"]`;
  const asOf = `asOf: { position: "${then}" }`;
  expect(await ids(`filter: { ${used} }, ${asOf}`)).toMatchObject({ of: [who.cat], freshness: { projection: 'journal', position: then } });
  expect((await ids(`filter: { ${used} }`)).of).toEqual([who.cat, who.ben]);
  expect((await ids(`filter: { ${used} }, asOf: { occurredBy: "2026-01-04T00:00:00Z" }`)).of).toEqual([]);
  const hers = `filter: { customer: "${toGlobalId('Customer', who.ann)}", ${used} }`;
  expect((await ids(`${hers}, ${asOf}`)).of).toEqual([]);
  expect((await ids(hers)).of).toEqual([who.cat]);
});

it('the model is the one that was known then', async () => {
  const fits = (asOfDay: string) =>
    on.record(null, modelFitted, { ...(modelFitted.examples[0] as object), asOfDay }, `${asOfDay}T23:00:00.000Z`, MODEL_STREAM);
  await fits('2026-02-01');
  const between = await on.log.head();
  await fits('2026-02-10');
  const model = (args: string) => on.ask(`{ model${args} { asOfDay } }`);
  await on.runner.catchUp();
  expect(await model('')).toEqual({ model: { asOfDay: '2026-02-10' } });
  expect(await model(`(asOf: { position: "${between}" })`)).toEqual({ model: { asOfDay: '2026-02-01' } });
  expect(await model(`(asOf: { position: "${then}" })`)).toEqual({ model: null });
});
