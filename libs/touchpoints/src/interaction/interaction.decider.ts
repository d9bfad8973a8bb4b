import { accept, type Decider } from '@tsunagari/command';
import {
  interactionRecorded,
  selfAssessmentSubmitted,
  voiceRecorded,
  type InteractionRecorded,
  type SelfAssessmentSubmitted,
  type VoiceRecorded,
} from '@tsunagari/contracts';

export type InteractionCommand = { readonly subject: string } & (
  | { readonly kind: 'RecordInteraction'; readonly data: InteractionRecorded }
  | { readonly kind: 'RecordVoice'; readonly data: VoiceRecorded }
  | { readonly kind: 'SubmitSelfAssessment'; readonly data: SelfAssessmentSubmitted }
);

const DEFINITIONS = {
  RecordInteraction: interactionRecorded,
  RecordVoice: voiceRecorded,
  SubmitSelfAssessment: selfAssessmentSubmitted,
} as const;

/** What customer and brand had to do with each other. What happened is recorded; there is nothing to refuse once touchpoint and customer are known. */
export const interactionDecider: Decider<InteractionCommand, null> = {
  initial: null,
  evolve: (state) => state,
  decide: ({ kind, subject, data }) => accept({ definition: DEFINITIONS[kind], subject, data }),
};
