import type { Channel } from './consent-facts';

/** Whether and why (not). `basis` names what it stands on: the notice's version, or the category that needs no consent. */
export type ConsentVerdict =
  | { readonly kind: 'allowed'; readonly basis: string }
  | {
      readonly kind: 'forbidden';
      /**
       * `NO_CONSENT`: nobody ever said yes. `DENIED`, `WITHDRAWN`, `EXPIRED`, `UNCONFIRMED`: what she last said. `STRICTER_OF_MERGED`:
       * of the customers that became one, one had said no. `NOT_OF_ADDRESS`: the yes stands at an identifier that no verified link
       * joins with this address. `OBJECTED`: she objects. `ERASED`.
       */
      readonly reason:
        'NO_CONSENT' | 'DENIED' | 'WITHDRAWN' | 'EXPIRED' | 'UNCONFIRMED' | 'STRICTER_OF_MERGED' | 'NOT_OF_ADDRESS' | 'OBJECTED' | 'ERASED';
    };

export type ConsentQuestion = {
  /** The subject that would be reached or decided for: its address is what counts. */
  readonly subject: string;
  /** `marketing`, `profiling`, or a brand's own. */
  readonly category: string;
  /** Absent: not about a channel (profiling). */
  readonly channel?: Channel;
  /** ISO 8601. */
  readonly at: string;
};

/**
 * The question that every context asks before it proposes or sends; the customers context answers it, from the streams themselves, so
 * an answer is never older than the last withdrawal. No record is a no. Answers stand in the order of the questions.
 */
export type ConsentPort = {
  readonly mayContact: (questions: readonly ConsentQuestion[]) => Promise<readonly ConsentVerdict[]>;
};
