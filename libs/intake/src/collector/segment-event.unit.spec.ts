import * as fc from 'fast-check';
import { DEFAULT_LIMITS } from './limits';
import { type EventOrigin, readSegmentEvent } from './segment-event';

const origin: EventOrigin = {
  sourceId: 'web',
  sourceKind: 'server',
  call: null,
  sentAt: undefined,
  receivedAt: '2026-01-02T03:04:05.000Z',
  now: '2026-01-02T03:04:05.000Z',
  limits: DEFAULT_LIMITS,
};
const track = { type: 'track', event: 'Product Viewed', messageId: 'm1', userId: 'u1' };

function observed(event: unknown, with_: Partial<EventOrigin> = {}) {
  const outcome = readSegmentEvent(event, { ...origin, ...with_ });
  if (outcome.kind !== 'observation') throw new Error(`refused: ${outcome.refusal.rule}`);
  return outcome.observation;
}
function refused(event: unknown, with_: Partial<EventOrigin> = {}): readonly [string, string | null] {
  const outcome = readSegmentEvent(event, { ...origin, ...with_ });
  if (outcome.kind !== 'rejected') throw new Error('it was taken');
  return [outcome.refusal.code, outcome.refusal.field];
}
const deep = (levels: number): unknown => (levels === 0 ? 1 : { in: deep(levels - 1) });

describe('the margin of an order', () => {
  const recorded = (properties: object) => ({
    ...track,
    event: 'Order Margin Recorded',
    properties: { order_id: 'o-1', currency: 'gbp', ...properties },
  });

  it('becomes a fact of the order, exact, or of one product of it', () => {
    expect(observed(recorded({ margin: '12.345' })).facts).toMatchObject([
      {
        definition: { name: 'MarginRecorded' },
        stream: { order: 'o-1' },
        data: { orderId: 'o-1', margin: { amountMinor: 1235, currency: 'GBP' } },
      },
    ]);
    expect(observed(recorded({ margin: -3, sku: 'A' })).facts[0]?.data).toEqual({
      orderId: 'o-1',
      sku: 'A',
      margin: { amountMinor: -300, currency: 'GBP' },
    });
  });

  it.each([
    ['no margin', {}, ['MISSING_FIELD', 'properties.margin']],
    ['a margin that is no number', { margin: 'much' }, ['INVALID_FIELD', 'properties.margin']],
    ['a product without a name', { margin: 1, sku: '' }, ['INVALID_FIELD', 'properties.sku']],
    ['no currency', { margin: 1, currency: undefined }, ['MISSING_FIELD', 'properties.currency']],
  ])('refuses %s', (_, properties, refusal) => {
    expect(refused(recorded(properties))).toEqual(refusal);
  });
});

describe('an event of the collector', () => {
  it.each([
    ['no object', 7, ['MALFORMED', null]],
    ['null', null, ['MALFORMED', null]],
    ['a list', [track], ['MALFORMED', null]],
    ['no type', { ...track, type: undefined }, ['UNKNOWN_TYPE', 'type']],
    ['an unknown type', { ...track, type: '__proto__' }, ['UNKNOWN_TYPE', 'type']],
    ['no identity', { ...track, userId: undefined }, ['NO_IDENTITY', 'userId']],
    ['an empty identity', { ...track, userId: '' }, ['NO_IDENTITY', 'userId']],
    ['an identity that is an object', { ...track, userId: { $ne: 1 } }, ['INVALID_FIELD', 'userId']],
    ['an identity of 513 characters', { ...track, userId: 'x'.repeat(513) }, ['INVALID_FIELD', 'userId']],
    ['track without event', { ...track, event: undefined }, ['MISSING_FIELD', 'event']],
    ['an event name that is no text', { ...track, event: 5 }, ['INVALID_FIELD', 'event']],
    ['an event name of 201 characters', { ...track, event: 'x'.repeat(201) }, ['INVALID_FIELD', 'event']],
    ['group without groupId', { ...track, type: 'group' }, ['MISSING_FIELD', 'groupId']],
    ['alias without previousId', { ...track, type: 'alias' }, ['MISSING_FIELD', 'previousId']],
    ['alias without userId', { type: 'alias', messageId: 'm', previousId: 'a', anonymousId: 'b' }, ['MISSING_FIELD', 'userId']],
    ['a message id of 101 characters', { ...track, messageId: 'x'.repeat(101) }, ['INVALID_FIELD', 'messageId']],
    ['a message id that is a number', { ...track, messageId: 5 }, ['INVALID_FIELD', 'messageId']],
    ['more than 32 KB', { ...track, properties: { x: 'y'.repeat(33_000) } }, ['OVERSIZE', null]],
    ['properties that are a list', { ...track, properties: [1] }, ['INVALID_FIELD', 'properties']],
    ['a context that is text', { ...track, context: 'x' }, ['INVALID_FIELD', 'context']],
    ['33 levels', { ...track, properties: deep(33) }, ['INVALID_FIELD', null]],
    ['a time that is none', { ...track, timestamp: 'yesterday' }, ['INVALID_FIELD', 'timestamp']],
    ['a time beyond the calendar', { ...track, timestamp: '2026-13-45' }, ['INVALID_FIELD', 'timestamp']],
    ['sentAt that is none', { ...track, timestamp: '2026-01-01', sentAt: {} }, ['INVALID_FIELD', 'sentAt']],
    ['a future event', { ...track, timestamp: '2026-01-02T03:10:00Z' }, ['FUTURE_EVENT', 'timestamp']],
    [
      'consent that is no yes or no',
      { ...track, context: { consent: { categoryPreferences: { ads: 'yes' } } } },
      ['INVALID_FIELD', 'context.consent.categoryPreferences.ads'],
    ],
    ['external ids that are no list', { ...track, context: { externalIds: 'x' } }, ['INVALID_FIELD', 'context.externalIds']],
    [
      'a hashed external id',
      { ...track, context: { externalIds: [{ id: 'a', type: 'email', encoding: 'sha256' }] } },
      ['INVALID_FIELD', 'context.externalIds.0.encoding'],
    ],
    [
      'an external id without id',
      { ...track, context: { externalIds: [{ type: 'email' }] } },
      ['MISSING_FIELD', 'context.externalIds.0.id'],
    ],
    [
      'an order without id',
      { ...track, event: 'Order Completed', properties: { currency: 'GBP', total: 1 } },
      ['MISSING_FIELD', 'properties.order_id'],
    ],
    [
      'an order id with a control character',
      { ...track, event: 'Order Completed', properties: { order_id: 'a\u0000', currency: 'GBP', total: 1 } },
      ['INVALID_FIELD', 'properties.order_id'],
    ],
    [
      'an order without currency',
      { ...track, event: 'Order Completed', properties: { order_id: '1', total: 1 } },
      ['MISSING_FIELD', 'properties.currency'],
    ],
    [
      'an order without amount',
      { ...track, event: 'Order Completed', properties: { order_id: '1', currency: 'GBP' } },
      ['MISSING_FIELD', 'properties.total'],
    ],
    [
      'an order of half a thing',
      {
        ...track,
        event: 'Order Completed',
        properties: { order_id: '1', currency: 'GBP', products: [{ sku: 'a', quantity: 0.5, price: 1 }] },
      },
      ['INVALID_FIELD', 'properties.products.0.quantity'],
    ],
    [
      'a price with an exponent',
      {
        ...track,
        event: 'Order Completed',
        properties: { order_id: '1', currency: 'GBP', products: [{ sku: 'a', quantity: 1, price: 1e30 }] },
      },
      ['INVALID_FIELD', 'properties.products.0.price'],
    ],
  ] as const)('is refused by code and field: %s', (_name, event, expected) => {
    expect(refused(event)).toEqual(expected);
  });

  it('never throws, whatever JSON comes', () => {
    const fields = [
      'type',
      'event',
      'userId',
      'anonymousId',
      'previousId',
      'groupId',
      'messageId',
      'timestamp',
      'sentAt',
      'context',
      'traits',
      'properties',
    ] as const;
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        'track',
        'identify',
        'alias',
        'group',
        'Order Completed',
        '2026-01-01',
        { externalIds: [{}] },
        { consent: { categoryPreferences: { a: true } } },
      ),
    );
    fc.assert(
      fc.property(fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] }), (event) => {
        expect(['observation', 'rejected']).toContain(readSegmentEvent(event, origin).kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('of 16,000 nested brackets is refused without costing the stack', () => {
    expect(refused({ ...track, properties: JSON.parse('{"a":'.repeat(5000) + '1' + '}'.repeat(5000)) as unknown })).toEqual([
      'INVALID_FIELD',
      null,
    ]);
  });

  it('takes the error of the sender’s clock out of its time, and keeps the four clocks', () => {
    const { occurred, clocks } = observed({ ...track, timestamp: '2026-01-02T05:00:00.000Z' }, { sentAt: '2026-01-02T05:00:10.000Z' });
    expect(occurred).toBe('2026-01-02T03:03:55.000Z');
    expect(clocks).toEqual({
      receivedAt: origin.receivedAt,
      sentAt: '2026-01-02T05:00:10.000Z',
      originalTimestamp: '2026-01-02T05:00:00.000Z',
    });
  });

  it('of an import key keeps its own time and is marked imported', () => {
    const { occurred, clocks } = observed(
      { ...track, timestamp: '2010-12-01T08:26:00Z' },
      { sourceKind: 'import', sentAt: '2026-01-02T03:04:00Z' },
    );
    expect([occurred, clocks.imported]).toEqual(['2010-12-01T08:26:00.000Z', true]);
  });

  it('belongs to the user id, else to the anonymous id, and links nothing unless it is evidence', () => {
    const both = observed({ ...track, anonymousId: 'a1' });
    expect(both.identifiers.map(({ type }) => type)).toEqual(['user_id', 'anonymous_id']);
    expect(both.links).toEqual([]);
    expect(observed({ ...track, userId: undefined, anonymousId: 'a1' }).identifiers[0]?.type).toBe('anonymous_id');
  });

  it.each(['00000000-0000-0000-0000-000000000000', '0', '---', '-1', 'null', 'Anonymous', 'undefined', '[object Object]'])(
    'of the worthless identifier %j joins nothing and does not own what another identifier can own',
    (userId) => {
      const { identifiers, links } = observed({ type: 'identify', messageId: 'm', userId, anonymousId: 'a1', traits: { plan: 'gold' } });
      expect(identifiers.map(({ type, blockedBy }) => [type, typeof blockedBy])).toEqual([
        ['anonymous_id', 'undefined'],
        ['user_id', 'string'],
      ]);
      expect(links).toEqual([]);
    },
  );

  it('identify and alias are link evidence, verified only from a server-side source', () => {
    const identify = { type: 'identify', messageId: 'm', userId: 'u1', anonymousId: 'a1' };
    expect(observed(identify).links).toEqual([{ between: [0, 1], verified: true }]);
    expect(observed(identify, { sourceKind: 'browser' }).links).toEqual([{ between: [0, 1], verified: false }]);
    const alias = observed({ type: 'alias', messageId: 'm', userId: 'u1', previousId: 'a1' });
    expect(alias.identifiers.map(({ type, value }) => [type, value])).toEqual([
      ['user_id', 'u1'],
      ['anonymous_id', 'a1'],
    ]);
    expect(alias.links).toHaveLength(1);
  });

  it('external ids are link evidence; an account never is', () => {
    const context = {
      externalIds: [
        { id: 'd1', type: 'ios.idfa', collection: 'users', encoding: 'none' },
        { id: 'x', type: 'crm' },
        { id: 'acme', type: 'x', collection: 'accounts' },
      ],
    };
    const { identifiers, links } = observed({ ...track, context });
    expect(identifiers.map(({ type, value, kind }) => [type, value, kind])).toEqual([
      ['user_id', 'u1', 'person'],
      ['device_id', 'd1', 'person'],
      ['external_id', 'crm:x', 'person'],
      ['account_id', 'acme', 'account'],
    ]);
    expect(links.map(({ between }) => between[1])).toEqual([1, 2]);
  });

  it('reserved traits come in one form; null removes, the empty string sets', () => {
    const { facts } = observed({
      type: 'identify',
      messageId: 'm',
      userId: 'u',
      traits: { first_name: 'A', firstName: 'B', last_name: 'C', phone: null, title: '' },
    });
    expect(facts[0]?.data).toEqual({ traits: { firstName: 'B', lastName: 'C', phone: null, title: '' } });
  });

  it('consent of a server is verified; a browser denies for everybody it names and grants only for its own anonymous id', () => {
    const event = { ...track, anonymousId: 'a1', context: { consent: { categoryPreferences: { marketing: true, ads: false } } } };
    const said = (sourceKind: 'server' | 'browser', of: unknown = event) =>
      observed(of, { sourceKind })
        .facts.slice(1)
        .map(({ definition, of: whose, data }) => [definition.name, whose, data['verified'], data['mayGrant']]);
    expect(said('server')).toEqual([['ConsentReported', 0, true, true]]);
    expect(said('browser')).toEqual([
      ['ConsentReported', 0, false, false],
      ['ConsentReported', 1, false, true],
    ]);
    expect(said('browser', { ...event, anonymousId: undefined })).toEqual([['ConsentReported', 0, false, false]]);
    expect(said('browser', { ...event, userId: undefined })).toEqual([['ConsentReported', 0, false, true]]);
    // A public key's yes for somebody else is not even recorded.
    const yes = { consent: { categoryPreferences: { marketing: true } } };
    expect(said('browser', { ...event, anonymousId: undefined, context: yes })).toEqual([]);
    expect(said('browser', { ...event, context: yes })).toEqual([['ConsentReported', 1, false, true]]);
  });

  it('Order Completed is an order, exact to the penny', () => {
    const products = [{ product_id: 7, name: 'Lantern', quantity: 3, price: 1.005 }];
    const { facts } = observed({
      ...track,
      event: 'Order Completed',
      properties: { order_id: 536365, currency: 'gbp', products, coupon: 'XMAS' },
    });
    const [order] = facts;
    expect([order?.definition.name, order?.stream, order?.expected]).toEqual(['OrderPlaced', { order: '536365' }, 'none']);
    expect(order?.data).toEqual({
      orderId: '536365',
      lines: [{ sku: '7', description: 'Lantern', quantity: 3, unitPrice: '1.005' }],
      total: { amountMinor: 302, currency: 'GBP' },
      sales: { amountMinor: 302, currency: 'GBP' },
      coupon: 'XMAS',
    });
  });

  it.each([
    ['Order Updated', 'OrderUpdated'],
    ['Order Refunded', 'OrderRefunded'],
    ['Order Cancelled', 'OrderCancelled'],
  ])('%s is %s', (event, name) => {
    const { facts } = observed({ ...track, event, properties: { order_id: '1', currency: 'GBP', total: 12.5 } });
    expect([facts[0]?.definition.name, facts[0]?.expected]).toEqual([name, 'any']);
  });
});
