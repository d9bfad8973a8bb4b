import { accept, type Decider, refuse } from '@tsunagari/command';
import { noticePublished, refusal, type Fact, type NoticePublished } from '@tsunagari/contracts';

export type PublishNotice = { readonly kind: 'PublishNotice' } & Omit<NoticePublished, 'noticeVersion'>;

/** The newest version of a notice; null before the first. */
export type NoticeState = NoticePublished | null;

/** Every publication is a new version; who consented to an older one consented to that text. */
export const noticeDecider: Decider<PublishNotice, NoticeState> = {
  initial: null,
  evolve: (state, fact: Fact) => (fact.type === noticePublished.type ? (fact.data as NoticePublished) : state),
  decide({ kind: _, ...notice }, state) {
    if (state && state.category !== notice.category)
      return refuse(
        refusal('INVALID_FIELD', 'category', `a notice asks for one category for ever: ${state.category}`, 'publish another notice'),
      );
    return accept({ definition: noticePublished, subject: null, data: { ...notice, noticeVersion: (state?.noticeVersion ?? 0) + 1 } });
  },
};
