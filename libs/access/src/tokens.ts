import { createSecretKey } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import { type Principal, type Role, ROLES } from './principal';

/** An OIDC issuer whose tokens are accepted. */
export type OidcIssuer = {
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are; by default what `<issuer>/.well-known/openid-configuration` says. */
  readonly jwksUrl?: string;
  /**
   * `staff`: roles come from a claim. `customers`: every token is a customer's, whatever it claims, and its `sub` is a verified user
   * id of the brand.
   */
  readonly people: 'staff' | 'customers';
  /** The claim that holds the roles, a list or a text with spaces. Default `roles`. */
  readonly rolesClaim?: string;
};

export type TokenOptions = {
  /** The embedded default is an issuer itself: at least 32 bytes. Without it only `issuers` are accepted. */
  readonly key?: Uint8Array;
  readonly issuers?: readonly OidcIssuer[];
  readonly now?: () => Date;
};

export type TokenRequest = {
  readonly roles: readonly Role[];
  /** For role `customer`: her verified user id. For staff and machines: a name that is no personal value; default `token`. */
  readonly subject?: string;
  /** Seconds, 1 to 31,536,000 (a year). */
  readonly ttl: number;
};

/** What a token proved. `userId` is a customer's verified user id: {@link asCustomer} takes the subject that the keyring gives for it. */
export type TokenOutcome =
  | {
      readonly kind: 'verified';
      readonly principal: Principal;
      readonly userId: string | null;
      /** Seconds since 1970. */ readonly expiresAt: number;
    }
  | { readonly kind: 'refused'; readonly code: 'TOKEN_EXPIRED' | 'TOKEN_INVALID'; readonly message: string };

export type Tokens = {
  /** Throws when there is no key of our own, no role, an unknown role, `customer` beside another role or without a subject, or the ttl is out of range. */
  issueToken(request: TokenRequest): Promise<string>;
  /** Throws only when an issuer's keys cannot be fetched: that is an outage, not a bad token. */
  verifyToken(token: string): Promise<TokenOutcome>;
};

/** Who issues the platform's own tokens, and for whom. */
const OWN_ISSUER = 'tsunagari';
const YEAR = 31_536_000;
/** What an issuer may sign with: never a shared secret, so that its public key cannot be used as one. */
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** Codes of jose that say something of the issuer's key set and nothing of the token: it did not come, or came unreadable. */
const OUTAGES = [errors.JOSEError.code, errors.JWKSTimeout.code, errors.JWKSInvalid.code];

/** Tokens of the platform itself and of OIDC issuers. Which one signed decides what a token may claim. */
export function tokens(options: TokenOptions): Tokens {
  const { now = () => new Date(), issuers = [] } = options;
  if (options.key && options.key.length < 32) throw new RangeError('the token key must have at least 32 bytes');
  const key = options.key && createSecretKey(options.key);
  const byIssuer = new Map(issuers.map((issuer) => [issuer.issuer, { ...issuer, keys: keysOf(issuer) }]));
  if (byIssuer.has(OWN_ISSUER)) throw new RangeError(`no OIDC issuer may be called ${OWN_ISSUER}`);

  return {
    async issueToken(request) {
      if (!key) throw new Error('this deployment issues no tokens: people sign in with its OIDC issuer');
      checkRequest(request);
      const seconds = Math.floor(now().getTime() / 1000);
      return new SignJWT({ roles: [...request.roles] })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(OWN_ISSUER)
        .setAudience(OWN_ISSUER)
        .setSubject(request.subject ?? 'token')
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + request.ttl)
        .sign(key);
    },

    async verifyToken(token) {
      try {
        const { iss } = decodeJwt(token);
        const common = { requiredClaims: ['exp', 'sub'], currentDate: now() };
        if (iss === OWN_ISSUER && key) {
          const { payload } = await jwtVerify(token, key, { ...common, issuer: OWN_ISSUER, audience: OWN_ISSUER, algorithms: ['HS256'] });
          const roles = rolesIn(payload, 'roles');
          return roles.includes('customer') ? customer(payload) : staff(payload, roles);
        }
        const issuer = iss === undefined ? undefined : byIssuer.get(iss);
        if (!issuer) return invalid('The token comes from an issuer that is not accepted here.');
        const { payload } = await jwtVerify(token, issuer.keys, {
          ...common,
          issuer: issuer.issuer,
          audience: issuer.audience,
          algorithms: ASYMMETRIC,
          clockTolerance: 5,
        });
        if (issuer.people === 'customers') return customer(payload);
        return staff(
          payload,
          rolesIn(payload, issuer.rolesClaim ?? 'roles').filter((role) => role !== 'customer'),
        );
      } catch (error) {
        if (error instanceof errors.JWTExpired)
          return { kind: 'refused', code: 'TOKEN_EXPIRED', message: 'The token is expired: sign in again.' };
        if (!(error instanceof errors.JOSEError) || OUTAGES.includes(error.code)) throw error;
        return invalid('The token does not hold.');
      }
    },
  };
}

/** The principal of a customer's token, once the keyring has said which subject her user id has; null when it was never seen. */
export function asCustomer(principal: Principal, subject: string | null): Principal {
  return { ...principal, subject, actor: subject === null ? 'customer:unknown' : `customer:${subject}` };
}

function customer(payload: JWTPayload): TokenOutcome {
  if (!payload.sub) return invalid('The token names nobody.');
  const principal: Principal = { kind: 'customer', roles: ['customer'], actor: 'customer:unknown', subject: null };
  return { kind: 'verified', principal, userId: payload.sub, expiresAt: payload.exp ?? 0 };
}

function staff(payload: JWTPayload, roles: readonly Role[]): TokenOutcome {
  if (!payload.sub) return invalid('The token names nobody.');
  if (roles.length === 0) return invalid('The token has no role of this platform.');
  const principal: Principal = { kind: 'staff', roles, actor: `user:${payload.sub}`, subject: null };
  return { kind: 'verified', principal, userId: null, expiresAt: payload.exp ?? 0 };
}

function rolesIn(payload: JWTPayload, claim: string): readonly Role[] {
  const value = payload[claim];
  const named: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : [];
  return ROLES.filter((role) => named.includes(role));
}

function invalid(message: string): TokenOutcome {
  return { kind: 'refused', code: 'TOKEN_INVALID', message };
}

function checkRequest({ roles, subject, ttl }: TokenRequest): void {
  const unknown = roles.filter((role) => !ROLES.includes(role));
  if (roles.length === 0 || unknown.length > 0)
    throw new RangeError(`roles are some of ${ROLES.join(', ')}, not: ${unknown.join(', ') || 'none'}`);
  if (roles.includes('customer') && (roles.length > 1 || !subject))
    throw new RangeError('a customer has no other role, and needs a subject: her user id');
  if (!Number.isInteger(ttl) || ttl < 1 || ttl > YEAR) throw new RangeError(`ttl is 1 to ${YEAR} seconds, not ${ttl}`);
}

/** The issuer's keys, looked up when the first token comes, so that a platform starts while its issuer is away. */
function keysOf({ issuer, jwksUrl }: OidcIssuer): JWTVerifyGetKey {
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  const found = async (): Promise<ReturnType<typeof createRemoteJWKSet>> =>
    createRemoteJWKSet(new URL(jwksUrl ?? (await discover(issuer))));
  return async (header, token) => {
    keys ??= found();
    const resolved = await keys.catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return resolved(header, token);
  };
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const body: unknown = response.ok ? await response.json() : undefined;
  if (typeof body === 'object' && body !== null && 'jwks_uri' in body && typeof body.jwks_uri === 'string') return body.jwks_uri;
  throw new Error(`${url} names no jwks_uri (status ${response.status})`);
}
