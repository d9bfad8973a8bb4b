import { askedBy, type CommandResult } from '@tsunagari/command';
import type { Channel, SuppressionAdded } from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, fromGlobalId, toGlobalId } from '@tsunagari/graphql';
import { recorded } from '../customer.resolver';
import type { Resolvers } from '../generated/graphql';
import { given, moment, named, record } from '../graphql-input';
import type { SubgraphContext } from '../subgraph.models';
import type { TouchpointsPorts } from '../touchpoints.subgraph';
import { readMessage, readPolicy } from './dispatch';
import type { MessageResult } from './message.commands';
import type { MessageState } from './message.decider';

type Answer = CommandRefusedResult | { __typename: 'MessageAnswer'; message: MessageState; position: string; repeated: boolean };

export function messageResolvers({ messages: commands, store, now }: TouchpointsPorts): Resolvers {
  const asked = (input: { idempotencyKey: string; expectedVersion?: number | null | undefined }, context: SubgraphContext) =>
    askedBy(input, context, now());
  const answer = async ({ messageId, result }: MessageResult, context: SubgraphContext): Promise<Answer> => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const message = await readMessage(store, messageId);
    if (!message) throw new Error(`message ${messageId} was accepted and cannot be read`);
    return { __typename: 'MessageAnswer', message, position: result.position ?? '0', repeated: result.repeated };
  };
  const about = (id: string, result: CommandResult, context: SubgraphContext) => recorded({ id, result }, context);
  const channelOf = (channel: Uppercase<Channel>): Channel => channel.toLowerCase() as Channel;
  const channelIn = (channel: Uppercase<Channel> | null | undefined) => (channel == null ? {} : { channel: channelOf(channel) });
  const languageOf = (language: 'JA' | 'EN'): 'ja' | 'en' => (language === 'JA' ? 'ja' : 'en');

  return {
    Query: {
      message: (_, { messageId }) => readMessage(store, fromGlobalId('Message', messageId, 'messageId')),
      async contactPolicy() {
        const { caps, quietHours } = await readPolicy(store);
        return {
          caps: caps.map((cap) => ({
            ...cap,
            channel: cap.channel === undefined ? null : (cap.channel.toUpperCase() as Uppercase<Channel>),
          })),
          quietHours: quietHours && { ...quietHours, defer: quietHours.fallback === 'defer' },
        };
      },
      async previewTemplate(_, { templateId, templateVersion, language, values }) {
        const shown = await commands.previewTemplate(templateId, languageOf(language), record(values), templateVersion ?? undefined);
        if ('code' in shown) return commandRefused(shown);
        return { __typename: 'RenderedMessage', subject: shown.subject, text: shown.text, html: shown.html ?? null };
      },
    },

    Message: {
      __resolveReference: ({ id }) => readMessage(store, fromGlobalId('Message', id)),
      id: ({ queued }) => toGlobalId('Message', queued.messageId),
      messageId: ({ queued }) => toGlobalId('Message', queued.messageId),
      category: ({ queued }) => queued.category.toUpperCase() as Uppercase<MessageState['queued']['category']>,
      channel: ({ queued }) => queued.channel.toUpperCase() as Uppercase<Channel>,
      language: ({ queued }) => (queued.language === 'ja' ? 'JA' : 'EN'),
      templateId: ({ queued }) => queued.templateId,
      status: ({ status }) => status.toUpperCase() as Uppercase<MessageState['status']>,
      events: ({ events }) => [...events],
    },

    Mutation: {
      async queueMessage(_, { input }, context) {
        const { topic, touchpointId, templateId, proposalId, notBefore, language } = input;
        const message = {
          recipient: named(input.recipient),
          category: input.category.toLowerCase() as MessageState['queued']['category'],
          channel: channelOf(input.channel),
          templateId,
          values: record(input.values),
          ...given({ topic, touchpointId, proposalId }),
          ...(notBefore == null ? {} : { notBefore: moment(notBefore) }),
          ...(language == null ? {} : { language: languageOf(language) }),
        };
        return answer(await commands.queueMessage(message, asked(input, context)), context);
      },
      async cancelMessage(_, { input }, context) {
        const messageId = fromGlobalId('Message', input.messageId, 'input.messageId');
        return answer(await commands.cancelMessage(messageId, input.reason, asked(input, context)), context);
      },
      async recordDelivery(_, { input }, context) {
        const messageId = fromGlobalId('Message', input.messageId, 'input.messageId');
        const event = input.event.toLowerCase() as MessageState['events'][number];
        const delivery = { messageId, event, hard: input.hard ?? false, ...given({ linkId: input.linkId }) };
        return answer(await commands.recordDelivery(delivery, asked(input, context)), context);
      },
      async sendTestMessage(_, { input }, context) {
        const test = {
          recipient: named(input.recipient),
          category: 'service' as const,
          channel: channelOf(input.channel),
          templateId: input.templateId,
          language: languageOf(input.language),
          values: record(input.values),
        };
        return answer(await commands.queueMessage(test, asked(input, context)), context);
      },
      async publishTemplate(_, { input }, context) {
        const template = {
          templateId: input.templateId,
          channel: channelOf(input.channel),
          subject: { ...input.subject },
          text: { ...input.text },
          ...(input.html == null ? {} : { html: { ...input.html } }),
        };
        return about(input.templateId, await commands.publishTemplate(template, asked(input, context)), context);
      },
      async setFrequencyCap(_, { input }, context) {
        const { max, windowHours } = input;
        const cap = { scope: input.scope ?? 'global', max, windowHours, ...channelIn(input.channel) };
        return about('contactPolicy', await commands.setFrequencyCap(cap, asked(input, context)), context);
      },
      async setQuietHours(_, { input }, context) {
        const { from, to, defaultTimeZone } = input;
        const hours = { from, to, defaultTimeZone, fallback: (input.defer ?? true) ? ('defer' as const) : ('drop' as const) };
        return about('contactPolicy', await commands.setQuietHours(hours, asked(input, context)), context);
      },
      async addSuppression(_, { input }, context) {
        const suppression = {
          recipient: named(input.recipient),
          scope: input.scope.toLowerCase() as SuppressionAdded['scope'],
          reason: input.reason.toLowerCase() as SuppressionAdded['reason'],
          ...channelIn(input.channel),
          ...(input.until == null ? {} : { until: moment(input.until) }),
        };
        return about('suppression', await commands.addSuppression(suppression, asked(input, context)), context);
      },
      async liftSuppression(_, { input }, context) {
        const mayLiftLegal = context.principal.roles.some((role) => role === 'ops' || role === 'admin');
        const lift = { recipient: named(input.recipient), reason: input.reason, mayLiftLegal, ...channelIn(input.channel) };
        return about('suppression', await commands.liftSuppression(lift, asked(input, context)), context);
      },
    },
  };
}
