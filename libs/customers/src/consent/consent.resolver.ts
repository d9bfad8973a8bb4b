import { askedBy, type CommandResult } from '@tsunagari/command';
import {
  consentCategorySchema,
  type Channel,
  type ConsentVerdict,
  type IdentifierType,
  type NoticePublished,
  type PreferenceChanged,
} from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, failure, fromGlobalId, toGlobalId } from '@tsunagari/graphql';
import { authorityGroupsOf } from '@tsunagari/projection';
import type { CustomersPorts } from '../customers.subgraph';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import { mayContact } from './consent.answers';
import type { Answering, ConsentResult } from './consent.commands';
import type { ConsentEntry, Objection } from './consent.decider';
import { noPreferences, type Preferences } from './preference.decider';
import { type Standing, standings } from './standing';

type Answer = CommandRefusedResult | ({ __typename: 'ConsentAnswer'; position: string; repeated: boolean } & Standing);
type Identifier = { type: Uppercase<IdentifierType>; value: string };

export function consentResolvers(ports: CustomersPorts): Resolvers {
  const { consent: commands, now, keyring } = ports;

  const standing = async (subjects: readonly string[]): Promise<Standing> =>
    (await standings(ports, [subjects]))[0] ?? { consents: [], preferences: noPreferences, objections: [] };

  const answer = async ({ subject, result }: ConsentResult, context: SubgraphContext): Promise<Answer> => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    return {
      __typename: 'ConsentAnswer',
      position: result.position ?? '0',
      repeated: result.repeated,
      ...(await standing(subject === null ? [] : [subject])),
    };
  };
  const asked = (input: { idempotencyKey: string; expectedVersion?: number | null | undefined }, context: SubgraphContext) =>
    askedBy(input, context, now());

  return {
    Query: {
      async mayContact(_, { identifier, category, channel }) {
        if (!consentCategorySchema.safeParse(category).success)
          throw failure('BAD_USER_INPUT', 'This is no category.', { field: 'category', rule: '1 to 100 characters' });
        const [known] = await keyring.subjectsOf([named(identifier)], { create: false });
        if (known?.kind === 'erased') return shown({ kind: 'forbidden', reason: 'ERASED' });
        if (known?.kind !== 'known') return shown({ kind: 'forbidden', reason: 'NO_CONSENT' });
        const question = { subject: known.subject, category, at: now(), ...channelIn(channel) };
        return shown((await mayContact(ports, [question]))[0] ?? { kind: 'forbidden', reason: 'NO_CONSENT' });
      },
      async myConsent(_, __, { principal: { subject } }) {
        if (subject === null) return standing([]);
        const group = (await authorityGroupsOf(ports, [subject])).get(subject) ?? [subject];
        return standing([subject, ...group.filter((each) => each !== subject)]);
      },
      notice: (_, { noticeId }) => commands.readNotice(noticeId),
    },

    Customer: {
      consents: async ({ customer }, _, { loaders }) => (await loaders.standing.load(customer)).consents,
      preferences: async ({ customer }, _, { loaders }) => (await loaders.standing.load(customer)).preferences,
      objections: async ({ customer }, _, { loaders }) => (await loaders.standing.load(customer)).objections,
    },

    Consent: {
      channel: ({ channel }) => channel && (channel.toUpperCase() as Uppercase<Channel>),
      status: ({ status }) => status.toUpperCase() as Uppercase<ConsentEntry['status']>,
      identifierId: ({ subject }) => toGlobalId('Identifier', subject),
    },

    Preferences: {
      language: ({ language }) => language && (language.toUpperCase() as Uppercase<NonNullable<Preferences['language']>>),
      topics: ({ topics }) => Object.entries(topics).map(([topic, wanted]) => ({ topic, wanted })),
    },

    Notice: {
      __resolveReference: ({ id }) => commands.readNotice(fromGlobalId('Notice', id)),
      id: ({ noticeId }) => toGlobalId('Notice', noticeId),
      channels: ({ channels }) => channels.map((channel) => channel.toUpperCase() as Uppercase<Channel>),
      lawfulBasis: ({ lawfulBasis }) => BASIS[lawfulBasis],
      validDays: ({ validDays }) => validDays ?? null,
    },

    Mutation: {
      async publishNotice(_, { input }, context) {
        const result: CommandResult = await commands.publishNotice(
          {
            noticeId: input.noticeId,
            category: input.category,
            channels: (input.channels ?? []).map((channel) => channel.toLowerCase() as Channel),
            text: { ...input.text },
            lawfulBasis: (input.lawfulBasis ?? 'CONSENT').toLowerCase().replaceAll('_', '-') as NoticePublished['lawfulBasis'],
            doubleOptIn: input.doubleOptIn ?? false,
            ...(input.validDays == null ? {} : { validDays: input.validDays }),
          },
          asked(input, context),
        );
        if (result.kind === 'refused') return commandRefused(result.refusal);
        if (result.position !== null) context.appended(result.position);
        const notice = await commands.readNotice(input.noticeId);
        if (!notice) throw new Error(`notice ${input.noticeId} was published and cannot be read`);
        return { __typename: 'NoticeAnswer', notice, position: result.position ?? '0', repeated: result.repeated };
      },
      async grantConsent(_, { input }, context) {
        const { noticeId, noticeVersion } = input;
        const said = { ...who(input), ...channelIn(input.channel), noticeId, noticeVersion };
        return answer(await commands.grantConsent(said, asked(input, context), context.principal), context);
      },
      confirmConsent: async (_, { input }, context) => answer(await commands.confirmConsent(input.link, asked(input, context)), context),
      async denyConsent(_, { input }, context) {
        const said = { ...who(input), category: input.category, ...channelIn(input.channel) };
        return answer(await commands.denyConsent(said, asked(input, context), context.principal), context);
      },
      async withdrawConsent(_, { input }, context) {
        const said = { ...who(input), category: input.category, ...channelIn(input.channel) };
        return answer(await commands.withdrawConsent(said, asked(input, context), context.principal), context);
      },
      async objectToProcessing(_, { input }, context) {
        const said = { ...who(input), purpose: input.purpose.toLowerCase() as Objection };
        return answer(await commands.objectToProcessing(said, asked(input, context), context.principal), context);
      },
      async withdrawObjection(_, { input }, context) {
        const said = { ...who(input), purpose: input.purpose.toLowerCase() as Objection };
        return answer(await commands.withdrawObjection(said, asked(input, context), context.principal), context);
      },
      async setPreference(_, { input }, context) {
        const forget = input.forget ?? [];
        const change: PreferenceChanged = {
          ...(forget.includes('LANGUAGE')
            ? { language: null }
            : input.language == null
              ? {}
              : { language: input.language.toLowerCase() as 'ja' | 'en' }),
          ...(forget.includes('TIME_ZONE') ? { timeZone: null } : input.timeZone == null ? {} : { timeZone: input.timeZone }),
          ...(input.topics == null ? {} : { topics: Object.fromEntries(input.topics.map(({ topic, wanted }) => [topic, wanted])) }),
        };
        return answer(await commands.setPreference({ ...who(input), change }, asked(input, context), context.principal), context);
      },
    },
  };
}

const BASIS = {
  consent: 'CONSENT',
  contract: 'CONTRACT',
  'legal-obligation': 'LEGAL_OBLIGATION',
  'legitimate-interest': 'LEGITIMATE_INTEREST',
} as const;

function named({ type, value }: Identifier): { type: IdentifierType; value: string } {
  return { type: type.toLowerCase() as IdentifierType, value };
}

function who({ customer }: { customer?: Identifier | null | undefined }): Answering {
  return customer == null ? {} : { customer: named(customer) };
}

function channelIn(channel: Uppercase<Channel> | null | undefined): { channel?: Channel } {
  return channel == null ? {} : { channel: channel.toLowerCase() as Channel };
}

function shown(verdict: ConsentVerdict) {
  return verdict.kind === 'allowed'
    ? { allowed: true, basis: verdict.basis, reason: null }
    : { allowed: false, basis: null, reason: verdict.reason };
}
