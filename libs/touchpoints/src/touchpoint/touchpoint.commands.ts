import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type TouchpointRegistered, type VoicePersonaDefined } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { pathsDecider, touchpointDecider, type TouchpointCommand, type TouchpointState } from './touchpoint.decider';

/** Read where it was decided. Null for one that nobody registered. */
export async function readTouchpoint(store: EventStore, touchpointId: string): Promise<TouchpointState | null> {
  if (!brandIdSchema.safeParse(touchpointId).success) return null;
  const stream = await store.readStream(streamName('touchpoint', touchpointId));
  return stream.kind === 'open' ? stream.facts.reduce(touchpointDecider.evolve, touchpointDecider.initial) : null;
}

/** Where brand and customers meet. A way to cancel is closed before its touchpoint, and opened after it: what fails between is repaired by asking again. */
export function touchpointCommands({ path, store }: { readonly path: CommandPath; readonly store: EventStore }) {
  const onTouchpoint = async (command: TouchpointCommand, body: object, asked: Asked): Promise<CommandResult> => {
    if (!brandIdSchema.safeParse(command.touchpointId).success)
      return {
        kind: 'refused',
        refusal: refusal('INVALID_FIELD', 'touchpointId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'),
      };
    return path.execute(touchpointDecider, {
      stream: streamName('touchpoint', command.touchpointId),
      command,
      body: { command: command.kind, ...body },
      ...envelopeOf(asked, 'touchpoints'),
    });
  };
  const onPaths = (kind: 'OpenPath' | 'ClosePath', touchpointId: string, { expectedVersion: _, ...asked }: Asked): Promise<CommandResult> =>
    path.execute(pathsDecider, {
      stream: streamName('selfServicePaths', 'current'),
      command: { kind, touchpointId },
      body: { kind, touchpointId },
      ...envelopeOf({ ...asked, idempotencyKey: `${asked.idempotencyKey}/path` }, 'touchpoints'),
    });

  async function opened(touchpointId: string, result: CommandResult, asked: Asked): Promise<CommandResult> {
    if (result.kind === 'refused') return result;
    const state = await readTouchpoint(store, touchpointId);
    if (state?.status !== 'open' || !state.touchpoint.selfService.includes('cancel')) return result;
    const path = await onPaths('OpenPath', touchpointId, asked);
    return path.kind === 'refused' ? path : result;
  }

  async function close(kind: 'PauseTouchpoint' | 'RetireTouchpoint', input: { touchpointId: string; reason: string }, asked: Asked) {
    const state = await readTouchpoint(store, input.touchpointId);
    if (state?.touchpoint.selfService.includes('cancel')) {
      const path = await onPaths('ClosePath', input.touchpointId, asked);
      if (path.kind === 'refused') return path;
    }
    return onTouchpoint({ kind, ...input }, input, asked);
  }

  return {
    async registerTouchpoint(input: TouchpointRegistered, asked: Asked): Promise<CommandResult> {
      const { returnPathId, touchpointId } = input;
      const itself = returnPathId === touchpointId && input.direction === 'two_way';
      const returnPathIsKnown = itself || (returnPathId !== undefined && (await readTouchpoint(store, returnPathId))?.status === 'open');
      return opened(
        touchpointId,
        await onTouchpoint({ kind: 'RegisterTouchpoint', returnPathIsKnown, touchpointId, touchpoint: input }, input, asked),
        asked,
      );
    },
    pauseTouchpoint: (input: { readonly touchpointId: string; readonly reason: string }, asked: Asked) =>
      close('PauseTouchpoint', input, asked),
    retireTouchpoint: (input: { readonly touchpointId: string; readonly reason: string }, asked: Asked) =>
      close('RetireTouchpoint', input, asked),
    resumeTouchpoint: async (input: { readonly touchpointId: string }, asked: Asked) =>
      opened(input.touchpointId, await onTouchpoint({ kind: 'ResumeTouchpoint', ...input }, input, asked), asked),
    defineVoicePersona: (input: VoicePersonaDefined, asked: Asked) => onTouchpoint({ kind: 'DefineVoicePersona', ...input }, input, asked),
  };
}

export type TouchpointCommands = ReturnType<typeof touchpointCommands>;
