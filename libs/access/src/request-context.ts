import { createSecretKey } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Principal } from './principal';

/** How long a context holds once it is signed, in seconds. */
export const CONTEXT_SECONDS = 60;

export type ContextSignerOptions = {
  /** At least 32 bytes, shared by the gateway and the subgraphs. */
  readonly key: Uint8Array;
  /** Whom the context is for; what is signed for one does not hold for the other. Default `subgraph`. */
  readonly audience?: 'subgraph' | 'port';
  readonly now?: () => Date;
};

/**
 * Signs what the gateway tells a subgraph about a request (JWS, HS256), so that a subgraph answers nobody else; the calls of ports likewise. `verify` answers null
 * for anything that we did not sign, that was changed, or that is older than {@link CONTEXT_SECONDS}. Throws when the key is too short.
 */
export function contextSigner<Context extends { readonly principal: Principal }>(options: ContextSignerOptions) {
  const { now = () => new Date(), audience = 'subgraph' } = options;
  if (options.key.length < 32) throw new RangeError('the context key must have at least 32 bytes');
  const key = createSecretKey(options.key);
  return {
    sign(context: Context): Promise<string> {
      const seconds = Math.floor(now().getTime() / 1000);
      return new SignJWT({ context })
        .setProtectedHeader({ alg: 'HS256', typ: 'tsunagari-context' })
        .setAudience(audience)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + CONTEXT_SECONDS)
        .sign(key);
    },
    async verify(signed: string): Promise<Context | null> {
      try {
        const { payload } = await jwtVerify<{ context: Context }>(signed, key, {
          algorithms: ['HS256'],
          typ: 'tsunagari-context',
          audience,
          requiredClaims: ['exp', 'iat'],
          maxTokenAge: CONTEXT_SECONDS,
          currentDate: now(),
        });
        return payload.context;
      } catch (error) {
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}

/** Signs one context: see {@link contextSigner}. */
export function signContext<Context extends { readonly principal: Principal }>(
  context: Context,
  options: ContextSignerOptions,
): Promise<string> {
  return contextSigner<Context>(options).sign(context);
}

/** Reads one signed context, or null: see {@link contextSigner}. */
export function verifyContext<Context extends { readonly principal: Principal }>(
  signed: string,
  options: ContextSignerOptions,
): Promise<Context | null> {
  return contextSigner<Context>(options).verify(signed);
}
