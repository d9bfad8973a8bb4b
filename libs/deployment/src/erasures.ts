import { BEGINNING, customerErased, type CustomerErased, type Position } from '@tsunagari/contracts';
import type { Deployment } from './deployment';

const PAGE = 1000;

/**
 * Destroys again the keys of everybody whom the log says was erased: a crash between the fact and the keys, or a restored backup of the
 * keyring, must not bring anybody back. Answers how many keys had been alive. To be called at every start, before anything is served.
 */
export async function forgetErased({ log, keyring }: Deployment): Promise<number> {
  let destroyed = 0;
  let after: Position = BEGINNING;
  for (;;) {
    const page = await log.read({ after, types: [customerErased.type], limit: PAGE });
    if (page.facts.length > 0)
      destroyed += await keyring.forgetAgain({ erasedSubjects: page.facts.map(({ data }) => data as CustomerErased) });
    if (page.atEnd) return destroyed;
    after = page.upTo;
  }
}
