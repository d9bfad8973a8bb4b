import { askedBy, type CommandResult } from '@tsunagari/command';
import type { SelfService, TouchpointRegistered } from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, fromGlobalId, toGlobalId } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import { given } from '../graphql-input';
import type { SubgraphContext } from '../subgraph.models';
import type { TouchpointsPorts } from '../touchpoints.subgraph';
import { readTouchpoint } from './touchpoint.commands';
import type { TouchpointState } from './touchpoint.decider';

type Answer = CommandRefusedResult | { __typename: 'TouchpointAnswer'; touchpoint: TouchpointState; position: string; repeated: boolean };

export function touchpointResolvers({ touchpoints: commands, store, now }: TouchpointsPorts): Resolvers {
  const answer = async (touchpointId: string, result: CommandResult, context: SubgraphContext): Promise<Answer> => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const touchpoint = await readTouchpoint(store, touchpointId);
    if (!touchpoint) throw new Error(`touchpoint ${touchpointId} was accepted and cannot be read`);
    return { __typename: 'TouchpointAnswer', touchpoint, position: result.position ?? '0', repeated: result.repeated };
  };

  return {
    Query: { touchpoint: (_, { touchpointId }) => readTouchpoint(store, touchpointId) },

    Touchpoint: {
      __resolveReference: ({ id }) => readTouchpoint(store, fromGlobalId('Touchpoint', id)),
      id: ({ touchpoint }) => toGlobalId('Touchpoint', touchpoint.touchpointId),
      touchpointId: ({ touchpoint }) => touchpoint.touchpointId,
      name: ({ touchpoint }) => touchpoint.name,
      kind: ({ touchpoint }) => touchpoint.kind.toUpperCase() as Uppercase<TouchpointRegistered['kind']>,
      directness: ({ touchpoint }) => touchpoint.directness.toUpperCase() as Uppercase<TouchpointRegistered['directness']>,
      direction: ({ touchpoint }) => touchpoint.direction.toUpperCase() as Uppercase<TouchpointRegistered['direction']>,
      online: ({ touchpoint }) => touchpoint.online,
      returnPathId: ({ touchpoint }) => touchpoint.returnPathId ?? null,
      selfService: ({ touchpoint }) => touchpoint.selfService.map((each) => each.toUpperCase() as Uppercase<SelfService>),
      status: ({ status }) => status.toUpperCase() as Uppercase<TouchpointState['status']>,
      persona: ({ persona }) => persona?.persona ?? null,
      tone: ({ persona }) => persona?.tone ?? null,
    },

    Mutation: {
      async registerTouchpoint(_, { input }, context) {
        const touchpoint: TouchpointRegistered = {
          touchpointId: input.touchpointId,
          name: { ...input.name },
          kind: input.kind.toLowerCase() as TouchpointRegistered['kind'],
          directness: (input.directness ?? 'DIRECT').toLowerCase() as TouchpointRegistered['directness'],
          direction: input.direction.toLowerCase() as TouchpointRegistered['direction'],
          online: input.online,
          selfService: (input.selfService ?? []).map((each) => each.toLowerCase() as SelfService),
          ...given({ returnPathId: input.returnPathId }),
        };
        return answer(input.touchpointId, await commands.registerTouchpoint(touchpoint, askedBy(input, context, now())), context);
      },
      async pauseTouchpoint(_, { input }, context) {
        const { touchpointId, reason } = input;
        return answer(touchpointId, await commands.pauseTouchpoint({ touchpointId, reason }, askedBy(input, context, now())), context);
      },
      async retireTouchpoint(_, { input }, context) {
        const { touchpointId, reason } = input;
        return answer(touchpointId, await commands.retireTouchpoint({ touchpointId, reason }, askedBy(input, context, now())), context);
      },
      async resumeTouchpoint(_, { input }, context) {
        const { touchpointId } = input;
        return answer(touchpointId, await commands.resumeTouchpoint({ touchpointId }, askedBy(input, context, now())), context);
      },
      async defineVoicePersona(_, { input }, context) {
        const { touchpointId, persona, tone } = input;
        const command = { touchpointId, persona: { ...persona }, tone: { ...tone } };
        return answer(touchpointId, await commands.defineVoicePersona(command, askedBy(input, context, now())), context);
      },
    },
  };
}
