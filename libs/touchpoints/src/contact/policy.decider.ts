import { accept, type Decider, refuse } from '@tsunagari/command';
import { frequencyCapSet, quietHoursSet, refusal, type Fact, type FrequencyCapSet, type QuietHoursSet } from '@tsunagari/contracts';

/** How often and when customers are reached. One cap a scope and channel: the newest. */
export type ContactPolicy = { readonly caps: readonly FrequencyCapSet[]; readonly quietHours: QuietHoursSet | null };

export type PolicyCommand =
  | ({ readonly kind: 'SetFrequencyCap' } & FrequencyCapSet)
  | ({ readonly kind: 'SetQuietHours'; readonly zoneIsKnown: boolean } & QuietHoursSet);

export const policyDecider: Decider<PolicyCommand, ContactPolicy> = {
  initial: { caps: [], quietHours: null },
  evolve(state, fact: Fact) {
    switch (fact.type) {
      case frequencyCapSet.type: {
        const cap = fact.data as FrequencyCapSet;
        return { ...state, caps: [...state.caps.filter((each) => each.scope !== cap.scope || each.channel !== cap.channel), cap] };
      }
      case quietHoursSet.type:
        return { ...state, quietHours: fact.data as QuietHoursSet };
      default:
        return state;
    }
  },
  decide(command) {
    if (command.kind === 'SetFrequencyCap') {
      const { kind: _, ...cap } = command;
      if (cap.max <= 0)
        return refuse(refusal('INVALID_FIELD', 'max', 'a cap allows at least one message', 'to send nothing, suppress the address'));
      return accept({ definition: frequencyCapSet, subject: null, data: cap });
    }
    const { kind: _, zoneIsKnown, ...hours } = command;
    if (!zoneIsKnown) return refuse(refusal('INVALID_FIELD', 'defaultTimeZone', 'a time zone is an IANA name such as Asia/Tokyo'));
    if (hours.from === hours.to) return refuse(refusal('INVALID_FIELD', 'to', 'quiet hours begin and end at different times'));
    return accept({ definition: quietHoursSet, subject: null, data: hours });
  },
};
