import { anonymous, asCustomer, type Role, sources, tokens } from '@tsunagari/access';
import type { Authenticate } from '@tsunagari/gateway';
import type { SourceDirectory } from '@tsunagari/intake';
import type { Deployment } from './deployment';

/** Who may do what in a deployment: people by token, sources by write key. */
export type Access = {
  readonly signIn: Authenticate;
  readonly sources: SourceDirectory;
  /** A token of the embedded default for people and machines of the brand. @throws when the deployment has an OIDC issuer instead. */
  readonly issueToken: (wanted: { readonly name: string; readonly roles: readonly Role[]; readonly hours: number }) => Promise<string>;
};

/** The source whose write key was made with the deployment's secrets: what the first SDK sends. */
const FIRST_SOURCE = 'default';

/** Opens tokens and sources; tokens follow the real time, also where the deployment's clock stands still. */
export async function openAccess({ pool, secrets, configuration, keyring }: Deployment): Promise<Access> {
  const { oidcIssuer } = configuration;
  const people = tokens(
    oidcIssuer === undefined ? { key: secrets.tokenKey } : { issuers: [{ issuer: oidcIssuer, audience: 'tsunagari', people: 'staff' }] },
  );
  const directory = sources(pool);
  await directory.registerSource({ name: FIRST_SOURCE, kind: 'server', writeKey: secrets.writeKey });

  return {
    async signIn(authorization) {
      if (authorization === null) return { kind: 'accepted', principal: anonymous, expiresAt: null };
      const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
      if (token === undefined) return { kind: 'refused', message: 'Authorization is Bearer and a token.' };
      const proved = await people.verifyToken(token);
      if (proved.kind === 'refused') return { kind: 'refused', message: proved.message };
      const { principal, userId, expiresAt } = proved;
      if (userId === null) return { kind: 'accepted', principal, expiresAt };
      const [known] = await keyring.subjectsOf([{ type: 'user_id', value: userId }], { create: false });
      return { kind: 'accepted', principal: asCustomer(principal, known?.kind === 'known' ? known.subject : null), expiresAt };
    },
    sources: directory,
    issueToken: ({ name, roles, hours }) => people.issueToken({ subject: name, roles, ttl: hours * 3600 }),
  };
}
