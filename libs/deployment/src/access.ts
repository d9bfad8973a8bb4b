import { anonymous, ROLES, type Role } from '@tsunagari/access';
import type { Authenticate } from '@tsunagari/gateway';
import type { SourceDirectory } from '@tsunagari/intake';
import { jwtVerify, SignJWT } from 'jose';
import type { Deployment } from './deployment';

export type Access = {
  readonly signIn: Authenticate;
  readonly sources: SourceDirectory;
  readonly issueToken: (wanted: { readonly name: string; readonly roles: readonly Role[]; readonly hours: number }) => Promise<string>;
};

export async function openAccess({ secrets }: Deployment): Promise<Access> {
  return {
    async signIn(authorization) {
      if (authorization === null) return { kind: 'accepted', principal: anonymous, expiresAt: null };
      try {
        const { payload } = await jwtVerify(authorization.replace(/^Bearer /, ''), secrets.tokenKey);
        const roles = (payload['roles'] as Role[]).filter((role) => ROLES.includes(role));
        return {
          kind: 'accepted',
          principal: { kind: 'staff', roles, actor: `user:${payload.sub ?? ''}`, subject: null },
          expiresAt: payload.exp ?? null,
        };
      } catch {
        return { kind: 'refused', message: 'The token does not hold.' };
      }
    },
    sources: { sourceFor: async (key) => (key === secrets.writeKey ? { sourceId: 'default', kind: 'server' } : undefined) },
    issueToken: ({ name, roles, hours }) =>
      new SignJWT({ roles: [...roles] })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(name)
        .setIssuedAt()
        .setExpirationTime(`${hours}h`)
        .sign(secrets.tokenKey),
  };
}
