import type { Channel } from '@tsunagari/contracts';
import type { SendOutcome } from './message.decider';

/** A message as it is handed over. */
export type OutgoingMessage = {
  readonly messageId: string;
  readonly category: 'marketing' | 'service' | 'legal';
  readonly channel: Channel;
  readonly language: 'ja' | 'en';
  /** Her address, opened for this hand-over alone. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /** Of marketing: one click ends it (RFC 8058). */
  readonly unsubscribeUrl?: string;
  readonly preferencesUrl: string;
};

/**
 * Takes messages over. `accepted` and `rejected` are what the other side said; whatever leaves open whether it took the message is
 * `unknown`, and never thrown. The same `messageId` means the same message: a provider that can, takes it once.
 */
export type MessageProvider = {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly send: (message: OutgoingMessage) => Promise<SendOutcome>;
  readonly close: () => Promise<void>;
};
