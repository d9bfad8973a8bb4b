import { fresh, specTouchpoints, user } from '../test-programs/spec-touchpoints';

const { ask, facts, platform, seen } = specTouchpoints();

describe('connections', () => {
  const issue = async (code = fresh('CODE-2026')) => {
    await ask('issueConnectCodes', { batchId: fresh('b'), touchpointId: 'member-site', productId: 'shampoo', codes: [code] });
    return code;
  };
  it('a code in the package connects an unknown buyer, however she types it, once [0.05]', async () => {
    const code = await issue();
    const userId = await seen();
    expect(await ask('redeemConnectCode', { code: ` ${code.toLowerCase().replaceAll('-', ' ')}` }, { userId })).toMatchObject({
      __typename: 'Recorded',
    });
    expect(await ask('redeemConnectCode', { code, customer: user() })).toMatchObject({ code: 'CODE_REUSED', field: 'code' });
    const { rows } = await platform().deployment.pool.query("select type from events where type like '%customer-connected'");
    expect(rows.length).toBeGreaterThan(0);
  });
  it('twenty at once with one code are one connection', async () => {
    const code = await issue();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('redeemConnectCode', { code, customer: user() })));
    expect(answers.filter(({ __typename }) => __typename === 'Recorded')).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => answer.code ?? []))).toEqual(new Set(['CODE_REUSED']));
  });
  it('a product is registered to one customer, and handed on by the brand only', async () => {
    const [product, owner, other] = [{ productId: 'dryer', serial: fresh('S') }, await seen(), await seen()];
    expect(await ask('registerProduct', product, { userId: owner })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('registerProduct', product, { userId: owner })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('registerProduct', { ...product, transfer: true }, { userId: other })).toMatchObject({
      code: 'PRODUCT_OF_ANOTHER',
      field: 'serial',
    });
    expect(await ask('registerProduct', { ...product, customer: user(other), transfer: true })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('registerProduct', product, { userId: owner })).toMatchObject({ code: 'PRODUCT_OF_ANOTHER' });
  });
  it.each([
    ['UNKNOWN_CODE', 'code', 'redeemConnectCode', { code: 'NEVER-PRINTED', customer: user('known') }],
    ['MISSING_FIELD', 'customer', 'redeemConnectCode', { code: 'NEVER-PRINTED' }],
    ['INVALID_FIELD', 'codes', 'issueConnectCodes', { batchId: 'b', touchpointId: 'member-site', codes: [] }],
    ['INVALID_FIELD', 'codes.0', 'issueConnectCodes', { batchId: 'b', touchpointId: 'member-site', codes: ['short'] }],
    ['UNKNOWN_TOUCHPOINT', 'touchpointId', 'issueConnectCodes', { batchId: 'b', touchpointId: 'never', codes: ['LONG-ENOUGH'] }],
    ['UNKNOWN_TOUCHPOINT', 'touchpointId', 'connectCustomer', { touchpointId: 'never', via: 'STORE', customer: user('known') }],
    ['INVALID_FIELD', 'serial', 'registerProduct', { productId: 'dryer', serial: '', customer: user('known') }],
  ])('refuse %s at %s of %s, and write nothing', async (code, field, mutation, input) => {
    const before = await facts();
    expect(await ask(mutation, input)).toMatchObject({ code, field });
    expect(await facts()).toBe(before);
  });
  it('end by her own word', async () => {
    const userId = await seen();
    expect(await ask('connectCustomer', { touchpointId: 'member-site', via: 'SIGN_UP' }, { userId })).toMatchObject({
      __typename: 'Recorded',
    });
    const before = await facts();
    expect(await ask('disconnectCustomer', { touchpointId: 'member-site' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('disconnectCustomer', { touchpointId: 'member-site' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(Number(await facts())).toBe(Number(before) + 1);
  });
});
