import { createRandom, type Random } from '@tsunagari/clv';
import type { Truth } from './truth';
import type { Identifier } from './world';

/** What a member of staff decides about who is who, and what is true of it. */
export type StaffDecision = {
  /** In days since the world began. */
  readonly day: number;
  readonly kind: 'merge' | 'split';
  /** Of the two who are joined; of a split, whom the second is taken from, and the second. */
  readonly identifiers: readonly [Identifier, Identifier];
  readonly reason: string;
  /** Both are one person. A merge of two people is a mistake; a split mends it. */
  readonly samePerson: boolean;
};

/** Whether a customer of the world buys under a second account too. By a generator of its own: nothing else of her life depends on it. */
export function hasSecondAccount({ staff }: Truth, seed: number, number: number): boolean {
  return generatorOf(seed, number).uniform() < staff.secondAccount;
}

export function secondAccountOf(userId: string): Identifier {
  return { type: 'user_id', value: `${userId}-again` };
}

/**
 * What staff decide in a world, in the order of time: accounts of one person are merged, some customers are merged with the next one by
 * mistake, and these are split again. A mistake that would be mended after the end of the world stays, and the truth says so.
 */
export function staffDecisions(truth: Truth, seed: number, customers: number): readonly StaffDecision[] {
  const decisions: StaffDecision[] = [];
  const user = (number: number): Identifier => ({ type: 'user_id', value: `sim-${seed}-${number}` });
  let taken = -1;
  for (let number = 0; number < customers; number += 1) {
    const random = generatorOf(seed, number);
    const second = random.uniform() < truth.staff.secondAccount;
    const [mistaken, found, mended] = [random.uniform(), random.uniform(), random.uniform()];
    const day = truth.acquisitionDays + found * Math.max(0, truth.days - truth.acquisitionDays);
    if (second)
      decisions.push({
        day,
        kind: 'merge',
        identifiers: [user(number), secondAccountOf(user(number).value)],
        reason: 'the same person, seen in the shop',
        samePerson: true,
      });
    // Nobody is in two mistakes at a time: what each split gives back is then known.
    else if (mistaken < truth.staff.mistaken && number > taken && number + 1 < customers && !hasSecondAccount(truth, seed, number + 1)) {
      taken = number + 1;
      const identifiers = [user(number), user(number + 1)] as const;
      decisions.push({ day, kind: 'merge', identifiers, reason: 'same name and street', samePerson: false });
      const then = day + mended * truth.staff.mendedWithinDays;
      if (then < truth.days) decisions.push({ day: then, kind: 'split', identifiers, reason: 'mother and daughter', samePerson: false });
    }
  }
  return decisions.sort((a, b) => a.day - b.day);
}

function generatorOf(seed: number, number: number): Random {
  const random = createRandom(Math.imul(seed + 101, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35));
  for (let i = 0; i < 8; i += 1) random.uniform();
  return random;
}
