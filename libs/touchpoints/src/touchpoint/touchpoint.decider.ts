import { accept, type Decider, refuse } from '@tsunagari/command';
import {
  refusal,
  selfServicePathClosed,
  selfServicePathOpened,
  touchpointPaused,
  touchpointRegistered,
  touchpointResumed,
  touchpointRetired,
  voicePersonaDefined,
  type Fact,
  type LocalisedText,
  type SelfServicePath,
  type TouchpointRegistered,
  type VoicePersonaDefined,
} from '@tsunagari/contracts';

export type TouchpointStatus = 'open' | 'paused' | 'retired';

export type TouchpointState = {
  readonly touchpoint: TouchpointRegistered;
  readonly status: TouchpointStatus;
  readonly persona: { readonly persona: LocalisedText; readonly tone: LocalisedText } | null;
  readonly version: number;
};

type About = { readonly touchpointId: string };

export type TouchpointCommand =
  /** `returnPathIsKnown`: the touchpoint over which an answer comes back stands. */
  | ({ readonly kind: 'RegisterTouchpoint'; readonly returnPathIsKnown: boolean; readonly touchpoint: TouchpointRegistered } & About)
  | ({ readonly kind: 'PauseTouchpoint' | 'RetireTouchpoint'; readonly reason: string } & About)
  | ({ readonly kind: 'ResumeTouchpoint' } & About)
  | ({ readonly kind: 'DefineVoicePersona' } & VoicePersonaDefined);

/** A place where brand and customer meet. That the last way to cancel stays open is guarded by {@link pathsDecider}, before. */
export const touchpointDecider: Decider<TouchpointCommand, TouchpointState | null> = {
  initial: null,

  evolve(state, fact: Fact) {
    if (fact.type === touchpointRegistered.type)
      return { touchpoint: fact.data as TouchpointRegistered, status: 'open', persona: null, version: fact.version };
    if (state === null) return null;
    const next = { ...state, version: fact.version };
    switch (fact.type) {
      case touchpointPaused.type:
        return { ...next, status: 'paused' };
      case touchpointResumed.type:
        return { ...next, status: 'open' };
      case touchpointRetired.type:
        return { ...next, status: 'retired' };
      case voicePersonaDefined.type: {
        const { persona, tone } = fact.data as VoicePersonaDefined;
        return { ...next, persona: { persona, tone } };
      }
      default:
        return next;
    }
  },

  decide(command, state) {
    if (command.kind === 'RegisterTouchpoint') {
      const { returnPathIsKnown, touchpoint } = command;
      if (state !== null)
        return refuse(refusal('TOUCHPOINT_EXISTS', 'touchpointId', 'a touchpoint is registered once', 'choose another id'));
      if (touchpoint.direction === 'outbound' && touchpoint.returnPathId === undefined)
        return refuse(
          refusal('NO_RETURN_PATH', 'returnPathId', 'an outbound touchpoint names the way on which customers answer', 'name a touchpoint'),
        );
      if (touchpoint.returnPathId !== undefined && !returnPathIsKnown)
        return refuse(refusal('UNKNOWN_TOUCHPOINT', 'returnPathId', 'the way back is a touchpoint that is open', 'register it first'));
      if (touchpoint.selfService.includes('sign_up') && !touchpoint.selfService.includes('cancel'))
        return refuse(
          refusal('SIGN_UP_WITHOUT_CANCEL', 'selfService', 'where a customer can sign up she can cancel', 'offer cancel there too'),
        );
      return accept({ definition: touchpointRegistered, subject: null, data: touchpoint });
    }
    const { touchpointId } = command;
    if (state === null) return refuse(refusal('UNKNOWN_TOUCHPOINT', 'touchpointId', 'the touchpoint is one that was registered'));
    if (state.status === 'retired')
      return command.kind === 'RetireTouchpoint'
        ? accept()
        : refuse(refusal('TOUCHPOINT_RETIRED', 'touchpointId', 'a retired touchpoint does not change any more', 'register another one'));
    switch (command.kind) {
      case 'PauseTouchpoint':
        if (state.status === 'paused') return accept();
        return accept({ definition: touchpointPaused, subject: null, data: { touchpointId, reason: command.reason } });
      case 'RetireTouchpoint':
        return accept({ definition: touchpointRetired, subject: null, data: { touchpointId, reason: command.reason } });
      case 'ResumeTouchpoint':
        if (state.status === 'open') return accept();
        return accept({ definition: touchpointResumed, subject: null, data: { touchpointId } });
      case 'DefineVoicePersona':
        return accept({
          definition: voicePersonaDefined,
          subject: null,
          data: { touchpointId, persona: command.persona, tone: command.tone },
        });
    }
  },
};

export type PathCommand = { readonly kind: 'OpenPath' | 'ClosePath'; readonly touchpointId: string };

/** The touchpoints at which a customer can cancel by herself now. */
export const pathsDecider: Decider<PathCommand, readonly string[]> = {
  initial: [],
  evolve(state, fact: Fact) {
    const { touchpointId } = fact.data as SelfServicePath;
    if (fact.type === selfServicePathOpened.type) return [...state, touchpointId];
    return fact.type === selfServicePathClosed.type ? state.filter((each) => each !== touchpointId) : state;
  },
  decide({ kind, touchpointId }, state) {
    const open = state.includes(touchpointId);
    if (kind === 'OpenPath') return open ? accept() : accept({ definition: selfServicePathOpened, subject: null, data: { touchpointId } });
    if (!open) return accept();
    if (state.length === 1)
      return refuse(
        refusal(
          'LAST_CANCEL_PATH',
          'touchpointId',
          'one touchpoint at which customers cancel by themselves stays open',
          'open another one first',
        ),
      );
    return accept({ definition: selfServicePathClosed, subject: null, data: { touchpointId } });
  },
};
