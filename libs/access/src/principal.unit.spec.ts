import { randomBytes } from 'node:crypto';
import { anonymous, contextSigner, mayReach, type Principal, reachOf, requireRole, signContext, verifyContext } from './index';

const staff: Principal = { kind: 'staff', roles: ['success'], actor: 'user:1', subject: null };
const customer: Principal = { kind: 'customer', roles: ['customer'], actor: 'customer:a', subject: 'a' };

describe('roles', () => {
  it('are needed for everything, and a missing sign-in is told apart from a missing right', () => {
    expect(requireRole(staff, ['ops', 'success'])).toEqual({ kind: 'allowed' });
    expect(requireRole(staff, ['ops', 'admin'])).toMatchObject({
      kind: 'denied',
      code: 'FORBIDDEN',
      message: expect.stringContaining('ops, admin'),
    });
    expect(requireRole(anonymous, ['customer'])).toMatchObject({ kind: 'denied', code: 'UNAUTHENTICATED' });
    expect(requireRole(staff, [])).toMatchObject({ kind: 'denied' });
  });
});

describe('reach', () => {
  const groups = [['a', 'b'], ['c']];
  it('of a customer’s token is the authority group of its own subject, and nothing across an unverified link', () => {
    expect(reachOf(customer, groups)).toEqual({ kind: 'some', subjects: ['a', 'b'] });
    expect(reachOf({ ...customer, subject: 'c' }, groups)).toEqual({ kind: 'some', subjects: ['c'] });
    expect(reachOf({ ...customer, subject: 'x' }, groups)).toEqual({ kind: 'none' });
    expect(reachOf({ ...customer, subject: null }, groups)).toEqual({ kind: 'none' });
    expect(mayReach(customer, ['b', 'a'])).toBe(true);
    expect(mayReach(customer, ['c'])).toBe(false);
  });
  it('of staff is the whole customer, of nobody nothing', () => {
    expect(reachOf(staff, groups)).toEqual({ kind: 'all' });
    expect(reachOf({ ...anonymous, subject: 'a' }, groups)).toEqual({ kind: 'none' });
  });
});

describe('the signed context', () => {
  const key = randomBytes(32);
  let now = new Date('2026-01-01T00:00:00Z');
  const options = { key, now: () => now };
  const context = { principal: customer, requestId: 'r1', atLeast: null };

  it('reaches the subgraph as it was, for 60 seconds', async () => {
    const signed = await signContext(context, options);
    expect(await verifyContext(signed, options)).toEqual(context);
    now = new Date(now.getTime() + 59_000);
    expect(await verifyContext(signed, options)).toEqual(context);
    now = new Date(now.getTime() + 1_000);
    expect(await verifyContext(signed, options)).toBeNull();
  });

  it('is worth nothing when changed, signed by somebody else, or a token', async () => {
    const signer = contextSigner<typeof context>(options);
    const signed = await signer.sign(context);
    const [header = '', payload = '', signature = ''] = signed.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { context: { principal: { subject: string } } };
    claims.context.principal.subject = 'b';
    const changed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    for (const bad of [
      changed,
      await contextSigner<typeof context>({ ...options, key: randomBytes(32) }).sign(context),
      'nonsense',
      '',
      `${header}.${payload}.`,
    ])
      expect(await signer.verify(bad)).toBeNull();
    expect(() => contextSigner({ key: randomBytes(16) })).toThrow('at least 32 bytes');
  });
});
