/** What somebody may do. `customer`: a person about herself; `frontend`: a machine of the brand that shows proposals and takes answers. */
export const ROLES = ['customer', 'frontend', 'marketer', 'success', 'data', 'ops', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export type Principal = {
  readonly kind: 'anonymous' | 'customer' | 'staff';
  readonly roles: readonly Role[];
  /** As facts name it: `user:<id>`, `customer:<subject>`, `system:anonymous`. Never a personal value. */
  readonly actor: string;
  /** Of a customer: the subject of the user id that signed in. Null for everybody else, and for a customer never seen before. */
  readonly subject: string | null;
};

export const anonymous: Principal = { kind: 'anonymous', roles: [], actor: 'system:anonymous', subject: null };

/** Deny by default: no sign-in and no right are told apart, as GraphQL's `extensions.code`. */
export type RoleCheck =
  { readonly kind: 'allowed' } | { readonly kind: 'denied'; readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN'; readonly message: string };

/** Whether the principal has one of these roles. `admin` is a role like others: it is allowed where it is named. */
export function requireRole(principal: Principal, anyOf: readonly Role[]): RoleCheck {
  if (principal.roles.some((role) => anyOf.includes(role))) return { kind: 'allowed' };
  if (principal.kind === 'anonymous') return { kind: 'denied', code: 'UNAUTHENTICATED', message: 'Sign in, or send a token.' };
  return { kind: 'denied', code: 'FORBIDDEN', message: `This needs one of the roles: ${anyOf.join(', ')}.` };
}

/** Which subjects of a customer somebody reaches. */
export type Reach = { readonly kind: 'all' } | { readonly kind: 'some'; readonly subjects: readonly string[] } | { readonly kind: 'none' };

/**
 * What of one customer (given by her authority groups: see `identity`) the principal reaches. Staff reach her whole. A customer's
 * token reaches the authority group of its own user id and nothing else: never across an unverified link.
 */
export function reachOf(principal: Principal, authorityGroups: readonly (readonly string[])[]): Reach {
  if (principal.kind === 'staff') return { kind: 'all' };
  const { subject } = principal;
  if (principal.kind === 'anonymous' || subject === null) return { kind: 'none' };
  const own = authorityGroups.find((group) => group.includes(subject));
  return own ? { kind: 'some', subjects: own } : { kind: 'none' };
}

/** Where the authority groups of customers are read: see `projection`. */
export interface AuthorityReader {
  authorityGroupsOf(customers: readonly string[]): Promise<ReadonlyMap<string, readonly (readonly string[])[]>>;
}

/** What of a customer, by her id, the principal reaches: {@link reachOf}, with nothing read for staff. */
export async function reachOfCustomer(principal: Principal, customer: string, identity: AuthorityReader): Promise<Reach> {
  if (principal.kind !== 'customer' || principal.subject === null) return reachOf(principal, []);
  return reachOf(principal, (await identity.authorityGroupsOf([customer])).get(customer) ?? []);
}

/** Whether the principal reaches the customer, given one authority group of hers. */
export function mayReach(principal: Principal, authorityGroup: readonly string[]): boolean {
  return reachOf(principal, [authorityGroup]).kind !== 'none';
}
