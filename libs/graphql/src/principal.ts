/** Who may call. `customer` is the customer herself, every other role is staff or a machine. */
export const ROLES = ['customer', 'frontend', 'marketer', 'success', 'data', 'ops', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Somebody who has signed in. */
export type Principal = {
  /** The `sub` of the token or the name of the key: `user:ops`, `key:shop`. Written into facts as `by`. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Only for the role `customer`: the verified user id she signed in with. Resolvers answer for that customer alone. */
  readonly userId?: string;
  /** When the token ends, in seconds since 1970; a socket that was opened with it closes then. */
  readonly expiresAt?: number;
};

export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}
