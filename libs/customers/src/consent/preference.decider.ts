import { accept, type Decider, refuse } from '@tsunagari/command';
import { preferenceChanged, refusal, type Fact, type PreferenceChanged } from '@tsunagari/contracts';

export type SetPreference = { readonly kind: 'SetPreference'; readonly subject: string; readonly zoneIsKnown: boolean } & PreferenceChanged;

/** How she wants to be spoken to, as said under one identifier. Each field with the place in the log of its last word. */
export type Preferences = {
  readonly language: 'ja' | 'en' | null;
  readonly timeZone: string | null;
  readonly topics: Readonly<Record<string, boolean>>;
};

export const noPreferences: Preferences = { language: null, timeZone: null, topics: {} };

export const preferenceDecider: Decider<SetPreference, Preferences> = {
  initial: noPreferences,
  evolve: evolvePreferences,
  decide({ kind: _, subject, zoneIsKnown, ...change }, state) {
    if (!zoneIsKnown)
      return refuse(refusal('INVALID_FIELD', 'timeZone', 'a time zone is an IANA name such as Asia/Tokyo', 'send one, or null for none'));
    const after = merged(state, change);
    if (JSON.stringify(after) === JSON.stringify(state)) return accept();
    return accept({ definition: preferenceChanged, subject, data: change });
  },
};

export function evolvePreferences(state: Preferences, fact: Fact): Preferences {
  return fact.type === preferenceChanged.type ? merged(state, fact.data as PreferenceChanged) : state;
}

function merged(state: Preferences, { language, timeZone, topics }: PreferenceChanged): Preferences {
  return {
    language: language === undefined ? state.language : language,
    timeZone: timeZone === undefined ? state.timeZone : timeZone,
    topics: { ...state.topics, ...topics },
  };
}
