import {
  defineCommand,
  messageDeferred,
  messageDispatchStarted,
  messageOutcomeUnknown,
  messageQueued,
  type Fact,
  type MessageDeferred,
} from '@tsunagari/contracts';
import { defineReactor, setTimer } from '@tsunagari/reactor';
import { z } from 'zod';
import { evolveMessage, type MessageState } from './message.decider';

/** Hands a message over, if it may go; what is on its way already is settled. */
export const dispatchMessage = defineCommand('touchpoints', 'DispatchMessage', z.strictObject({ messageId: z.string() }));

/**
 * When a message falls due it is dispatched. What the reactor sends is looked at again where it was decided, so a command that comes twice
 * changes nothing; a rebuild of the reactor sends nothing.
 */
export const dispatchReactor = defineReactor<MessageState | null>({
  name: 'message_dispatch',
  version: 1,
  types: [messageQueued.type, messageDeferred.type, messageDispatchStarted.type, messageOutcomeUnknown.type],
  key: ({ stream }) => stream,
  initial: null,
  evolve: evolveMessage,
  react(fact: Fact, state) {
    if (!state || state.dueAt === null || fact.type === messageDispatchStarted.type) return [];
    const at = fact.type === messageDeferred.type ? (fact.data as MessageDeferred).until : state.dueAt;
    return [setTimer('dispatch', at, dispatchMessage, { messageId: state.queued.messageId })];
  },
});
