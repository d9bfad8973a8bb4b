import fc from 'fast-check';
import { canonicalJson, commandFactId, intakeFactId, newCorrelationId, normaliseIdentifier, registrationFactId } from './index';

describe('canonical JSON', () => {
  it('is that of RFC 8785, section 3.2.2 and 3.2.3', () => {
    expect(
      canonicalJson({
        numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
        literals: [null, true, false],
      }),
    ).toBe('{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}');
    expect(
      Object.keys(JSON.parse(canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }))),
    ).toEqual(['1', '\r', '\u0080', 'ö', '€', '😀', '\ufb33']);
    expect(canonicalJson([-0, undefined === undefined ? { a: undefined } : 0])).toBe('[0,{}]');
  });

  it('says the same JSON, whatever the order of keys', () => {
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shuffled)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([k, v]) => [k, shuffled(v)]),
            )
          : value;
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: fc.constantFrom('a', 'é', '"', '\\', '\n', '\u007f', '😀', '_') }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffled(value))).toBe(text);
      }),
    );
  });

  it('names what it cannot say', () => {
    const fault = (value: unknown) => {
      try {
        return canonicalJson(value);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(fault({ a: [1, { b: Number.NaN }] })).toBe('a.1.b: a finite number');
    expect(fault({ a: 'x\u0000' })).toBe('a: text has no NUL character');
    expect(fault({ a: { b: '\udc00' } })).toBe('a.b: text is well-formed Unicode (no half of a surrogate pair)');
    expect(fault([10n])).toBe('0: a JSON value');
  });
});

describe('ids of facts', () => {
  it('are UUIDs of version 8, the same for the same source and never shared', () => {
    const ids = [
      commandFactId('k', 0),
      commandFactId('k', 1),
      intakeFactId('k', '0'),
      intakeFactId('k', '0', 1),
      intakeFactId('k0', ''),
      registrationFactId('k'),
    ];
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(commandFactId('k', 0)).toBe(ids[0]);
    expect(intakeFactId('web', 'a', 0)).toBe(intakeFactId('web', 'a'));
    expect(newCorrelationId()).not.toBe(newCorrelationId());
  });
});

describe('identifiers', () => {
  it('are compared in one form', () => {
    expect(normaliseIdentifier({ type: 'email', value: ' Jo\u0065\u0301@Example.COM\n' })).toBe('joé@example.com');
    expect(normaliseIdentifier({ type: 'phone', value: '0081 (3) 1234-5678' })).toBe('+81312345678');
    expect(normaliseIdentifier({ type: 'card', value: '4111 1111-1111 1111' })).toBe('4111111111111111');
    expect(normaliseIdentifier({ type: 'user_id', value: ' A1 ' })).toBe('A1');
    expect(normaliseIdentifier({ type: 'user_id', value: '\t' })).toBeUndefined();
  });
});
