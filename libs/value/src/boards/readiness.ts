import { READINESS_QUESTIONS } from '@tsunagari/contracts';
import type { Purpose } from '../purpose/purpose.decider';
import type { SuccessService } from '../success-service/success-service.decider';
import type { ValueModel } from '../value-model/value-model.decider';
import type { Readiness } from './readiness.read-model';

export type Answers = {
  readonly questions: readonly {
    readonly question: (typeof READINESS_QUESTIONS)[number];
    readonly answered: boolean;
    readonly by: readonly string[];
  }[];
  readonly gaps: readonly string[];
};

/**
 * The four questions of document 002, in their order: is the value set, are there touchpoints for it, proposals through them, and
 * understanding for what? Each is answered by objects that stand; a later one only when those before it are. Every gap names what is
 * missing.
 */
export function fourQuestions(given: {
  readonly valueModels: readonly ValueModel[];
  readonly purposes: readonly Purpose[];
  readonly services: readonly SuccessService[];
  readonly readiness: Readiness;
}): Answers {
  const published = given.valueModels.filter(({ status }) => status === 'published');
  const purposes = given.purposes.filter(({ status }) => status === 'defined');
  const live = given.services.filter(({ launchedAt, stage }) => launchedAt !== null && stage !== 'retired');
  const offers = Object.entries(given.readiness.offers).filter(([, offer]) => offer.published);
  const serves = (purposeId: string): readonly string[] =>
    live.filter((service) => service.purposeId === purposeId).map(({ serviceId }) => `SuccessService:${serviceId}`);
  const proposes = (purposeId: string): readonly string[] =>
    offers.filter(([, offer]) => offer.purposeIds.includes(purposeId)).map(([offerId]) => `Offer:${offerId}`);
  const measured = purposes.filter(({ indicators }) => indicators.some(({ approved }) => approved !== null));

  const gaps: Record<(typeof READINESS_QUESTIONS)[number], readonly string[]> = {
    value: [
      ...(published.length === 0 ? ['no value model is published for this strategy'] : []),
      ...(purposes.length === 0 ? ['no purpose is defined for its connected values'] : []),
    ],
    touchpoints: purposes
      .filter(({ purposeId }) => serves(purposeId).length === 0)
      .map(({ purposeId }) => `purpose ${purposeId}: no launched service, so no touchpoint serves it`),
    proposals: purposes
      .filter(({ purposeId }) => proposes(purposeId).length === 0)
      .map(({ purposeId }) => `purpose ${purposeId}: no published offer serves it`),
    understanding: [
      ...purposes.filter((purpose) => !measured.includes(purpose)).map(({ purposeId }) => `purpose ${purposeId}: no approved indicator`),
      ...(given.readiness.models === 0 ? ['no model was fitted: nobody knows what a customer is worth'] : []),
    ],
  };
  const by = {
    value: [
      ...published.map(({ valueModelId }) => `ValueModel:${valueModelId}`),
      ...purposes.map(({ purposeId }) => `Purpose:${purposeId}`),
    ],
    touchpoints: purposes.flatMap(({ purposeId }) => serves(purposeId)),
    proposals: [...new Set(purposes.flatMap(({ purposeId }) => proposes(purposeId)))],
    understanding: measured.flatMap(({ purposeId, indicators }) =>
      indicators.filter(({ approved }) => approved !== null).map(({ indicatorId }) => `OutcomeIndicator:${purposeId}/${indicatorId}`),
    ),
  };
  let open = true;
  const questions = READINESS_QUESTIONS.map((question) => {
    open &&= gaps[question].length === 0 && by[question].length > 0;
    return { question, answered: open, by: by[question] };
  });
  return { questions, gaps: READINESS_QUESTIONS.flatMap((question) => gaps[question]) };
}
