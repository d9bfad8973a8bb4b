import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { asCustomer, type Role, type TokenOutcome, tokens } from './index';

const key = randomBytes(32);
let now = new Date('2026-01-01T00:00:00Z');
const own = tokens({ key, now: () => now });
const verified = (outcome: TokenOutcome) => (outcome.kind === 'verified' ? outcome.principal : outcome.code);

describe('tokens of the platform itself', () => {
  it('carry roles and a name until they expire', async () => {
    const token = await own.issueToken({ roles: ['ops', 'data'], subject: 'night-shift', ttl: 60 });
    expect(await own.verifyToken(token)).toEqual({
      kind: 'verified',
      principal: { kind: 'staff', roles: ['data', 'ops'], actor: 'user:night-shift', subject: null },
      userId: null,
      expiresAt: now.getTime() / 1000 + 60,
    });
    now = new Date(now.getTime() + 60_000);
    expect(verified(await own.verifyToken(token))).toBe('TOKEN_EXPIRED');
  });

  it('of a customer name her user id, and no actor before her subject is known', async () => {
    const outcome = await own.verifyToken(await own.issueToken({ roles: ['customer'], subject: '17850', ttl: 60 }));
    expect(outcome).toMatchObject({
      kind: 'verified',
      userId: '17850',
      principal: { kind: 'customer', actor: 'customer:unknown', subject: null },
    });
    if (outcome.kind === 'verified') {
      expect(asCustomer(outcome.principal, 's1')).toEqual({ kind: 'customer', roles: ['customer'], actor: 'customer:s1', subject: 's1' });
      expect(JSON.stringify(asCustomer(outcome.principal, null))).not.toContain('17850');
    }
  });

  it('hold only when nobody touched them', async () => {
    const token = await own.issueToken({ roles: ['marketer'], ttl: 60 });
    const [header = '', , signature = ''] = token.split('.');
    const claims = { iss: 'tsunagari', aud: 'tsunagari', sub: 'x', roles: ['admin'], exp: 4_000_000_000 };
    const raised = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const foreign = await tokens({ key: randomBytes(32), now: () => now }).issueToken({ roles: ['admin'], ttl: 60 });
    for (const bad of [`${header}.${raised}.${signature}`, `${none}.${raised}.`, foreign, 'nonsense', ''])
      expect(verified(await own.verifyToken(bad))).toBe('TOKEN_INVALID');
    expect(verified(await tokens({}).verifyToken(token))).toBe('TOKEN_INVALID');
  });

  it('are not issued without a role, for a nameless customer, for ever, or without a key', async () => {
    await expect(own.issueToken({ roles: [], ttl: 60 })).rejects.toThrow('roles are some of');
    await expect(own.issueToken({ roles: ['root' as Role], ttl: 60 })).rejects.toThrow('not: root');
    await expect(own.issueToken({ roles: ['customer'], ttl: 60 })).rejects.toThrow('needs a subject');
    await expect(own.issueToken({ roles: ['customer', 'admin'], subject: 'x', ttl: 60 })).rejects.toThrow('no other role');
    await expect(own.issueToken({ roles: ['ops'], ttl: 0 })).rejects.toThrow('ttl');
    await expect(tokens({}).issueToken({ roles: ['ops'], ttl: 60 })).rejects.toThrow('issues no tokens');
    expect(() => tokens({ key: randomBytes(8) })).toThrow('at least 32 bytes');
  });
});

describe('tokens of OIDC issuers', () => {
  let server: Server;
  let issuer: string;
  let privateKey: CryptoKey;
  let publicPem: string;
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    privateKey = pair.privateKey;
    publicPem = await exportSPKI(pair.publicKey);
    const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/.well-known/openid-configuration') response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
      else if (request.url === '/keys') response.end(JSON.stringify({ keys: [jwk] }));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const signed = (claims: Record<string, unknown>, audience = 'brand') =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime(now.getTime() / 1000 + 300)
      .sign(privateKey);
  const accepting = (people: 'staff' | 'customers', jwksUrl?: string) =>
    tokens({
      key,
      now: () => now,
      issuers: [{ issuer, audience: 'brand', people, rolesClaim: 'groups', ...(jwksUrl === undefined ? {} : { jwksUrl }) }],
    });

  it('give staff the roles of their claim, and never that of a customer', async () => {
    const token = await signed({ sub: 'u-1', groups: ['success', 'customer', 'everyone'] });
    expect(verified(await accepting('staff').verifyToken(token))).toEqual({
      kind: 'staff',
      roles: ['success'],
      actor: 'user:u-1',
      subject: null,
    });
    expect(verified(await accepting('staff').verifyToken(await signed({ sub: 'u-1', groups: 'data ops' })))).toMatchObject({
      roles: ['data', 'ops'],
    });
    expect(verified(await accepting('staff').verifyToken(await signed({ sub: 'u-2', groups: ['everyone'] })))).toBe('TOKEN_INVALID');
  });

  it('give the brand’s customers nothing but themselves, whatever they claim', async () => {
    const outcome = await accepting('customers', `${issuer}/keys`).verifyToken(
      await signed({ sub: '17850', groups: ['admin'], roles: ['admin'] }),
    );
    expect(outcome).toMatchObject({ kind: 'verified', userId: '17850', principal: { kind: 'customer', roles: ['customer'] } });
  });

  it('are refused for another audience, from another issuer, without a name, or signed with the public key as a secret', async () => {
    const here = accepting('staff');
    expect(verified(await here.verifyToken(await signed({ sub: 'u', groups: ['admin'] }, 'other')))).toBe('TOKEN_INVALID');
    expect(verified(await here.verifyToken(await signed({ groups: ['admin'] })))).toBe('TOKEN_INVALID');
    expect(verified(await own.verifyToken(await signed({ sub: 'u', groups: ['admin'] })))).toBe('TOKEN_INVALID');
    const confused = await new SignJWT({ sub: 'u', groups: ['admin'] })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience('brand')
      .setExpirationTime(now.getTime() / 1000 + 300)
      .sign(Buffer.from(publicPem));
    expect(verified(await here.verifyToken(confused))).toBe('TOKEN_INVALID');
  });

  it('throw, and do not pass as bad tokens, when the issuer cannot be reached', async () => {
    const away = tokens({ issuers: [{ issuer, audience: 'brand', people: 'staff', jwksUrl: `${issuer}/missing` }], now: () => now });
    await expect(away.verifyToken(await signed({ sub: 'u', roles: ['admin'] }))).rejects.toThrow();
  });
});
