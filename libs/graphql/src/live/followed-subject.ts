import type { Principal } from '@tsunagari/access';
import { failure } from '../failures';

/**
 * Whom a subscription may follow: staff whom they name, or everybody (null); a customer's own token herself, named or not. Throws
 * FORBIDDEN for anybody else, NOT_FOUND for a sign-in of whom nothing was ever seen.
 */
export async function followedSubject(
  principal: Principal,
  asked: string | null,
  reaches: (subject: string) => Promise<boolean>,
): Promise<string | null> {
  if (principal.kind === 'staff') return asked;
  if (asked !== null && !(await reaches(asked)))
    throw failure('FORBIDDEN', 'You have no right to this.', { rule: 'a customer reaches only herself, along verified links' });
  const subject = asked ?? principal.subject;
  if (subject === null) throw failure('NOT_FOUND', 'Nothing of you has been seen yet.', { remedy: 'Subscribe after your first deed.' });
  return subject;
}
