import { attributesOf, type CustomerAttributes, type Understood } from '../attributes/attributes';
import { evidenceOf } from '../attributes/evidence';
import { attributeOf, customerRules } from '../attributes/vocabulary';
import type { DayNumber } from '../calendar';
import type { DefinitionBook } from '../definitions/definition-book';
import { type ChurnReason, isAtRisk, reasonsToLeave, silentSubscriber } from '../health/churn-risk';
import { type CustomerHealth, healthOf } from '../health/customer-health';
import { SILENT_AFTER_DAYS } from '../purchases/purchases.state';
import type { Rule } from '@tsunagari/rules';

/** Where a customer stands as of the close of a day, under the definitions of a moment. JSON. */
export type Standing = {
  readonly day: DayNumber;
  /** Segments that she is in, with the version of their definition. */
  readonly segments: Readonly<Record<string, number>>;
  readonly stage: { readonly stageId: string; readonly version: number } | null;
  readonly needs: Readonly<Record<string, number>>;
  readonly atRisk: boolean;
  /** That she leaves, by the activated health model; null without one, or when its question cannot be asked of her. */
  readonly probability: number | null;
  readonly horizonDays: number | null;
  readonly reasons: readonly Pick<ChurnReason, 'code' | 'evidence'>[];
  readonly silentSubscriber: boolean;
  readonly lapsed: boolean;
};

type Judged = { readonly version: number; readonly rule: Rule };

/** The definitions that decide where a customer stands, compiled. */
export type Judgement = {
  readonly segments: ReadonlyMap<string, Judged>;
  /** In order: she is in the first one whose rule holds. Empty where a rule reads what a fold does not know. */
  readonly stages: readonly (Judged & { readonly stageId: string })[];
  readonly needs: ReadonlyMap<string, Judged & { readonly purposeId: string | null }>;
  readonly book: Pick<DefinitionBook, 'activeHealth'>;
};

/**
 * Compiles what stands in the book. A rule that reads scores of a fitted model is left out: a fit is of the whole base, so no fold of one
 * customer knows it; such a segment is answered on reading and nobody is told of it.
 */
export function judgementOf(book: Pick<DefinitionBook, 'segments' | 'lifecycle' | 'needs' | 'activeHealth'>): Judgement {
  const judged = <D extends { readonly rule: string; readonly version: number }>(definition: D): (D & Judged) | [] => {
    const rule = compiled(definition.rule);
    return rule === null ? [] : { ...definition, rule };
  };
  const standing = <D extends { readonly retired: string | null }>(of: Readonly<Record<string, D>>): readonly D[] =>
    Object.values(of).filter(({ retired }) => retired === null);
  const { lifecycle } = book;
  const stages = (lifecycle?.stages ?? []).flatMap((stage) => judged({ ...stage, version: lifecycle?.version ?? 1 }));
  return {
    segments: new Map(
      standing(book.segments)
        .flatMap((each) => judged(each))
        .map((each) => [each.segmentId, each]),
    ),
    stages: stages.length === lifecycle?.stages.length ? stages : [],
    needs: new Map(
      standing(book.needs)
        .filter(({ declined }) => declined === null)
        .flatMap((each) => judged(each))
        .map((each) => [each.needId, { version: each.version, rule: each.rule, purposeId: each.purposeId ?? null }]),
    ),
    book,
  };
}

function compiled(text: string): Rule | null {
  const result = customerRules.rule(text);
  if (result.kind === 'refused') throw new Error(`a defined rule is none any more: ${result.fault.message}`);
  return isOfAFold(result.rule.reads) ? result.rule : null;
}

/** Whether a fold of one customer knows all of these attributes. */
function isOfAFold(reads: readonly string[]): boolean {
  return reads.every((name) => attributeOf(name)?.from !== 'model');
}

/** What of it is held back from everybody who is no known customer: a buyer known by one invoice has no relationship. */
export function isKnown({ profile }: Pick<Understood, 'profile'>): boolean {
  return profile !== null && profile.kind !== 'unidentified';
}

/** Pure: the same folds, the same day, the same definitions, the same standing. */
export function standingOf(known: Understood, day: DayNumber, judgement: Judgement): Standing {
  const attributes = attributesOf(known, null, day);
  const holds = ({ rule }: Judged): boolean => rule.judge(attributes).kind === 'holds';
  const held = (of: ReadonlyMap<string, Judged>): Readonly<Record<string, number>> =>
    Object.fromEntries(
      [...of]
        .filter(([, judged]) => holds(judged))
        .map(([id, { version }]) => [id, version] as const)
        .sort(byId),
    );
  const stage = judgement.stages.find(holds);
  const health = healthOf(judgement.book, attributes);
  const reasons = reasonsToLeave(known, attributes, health, day);
  const silent = silentSubscriber(known, day) === true;
  return {
    day,
    segments: held(judgement.segments),
    stage: stage === undefined ? null : { stageId: stage.stageId, version: stage.version },
    needs: held(judgement.needs),
    ...riskOf(health, reasons),
    reasons: reasons.map(({ code, evidence }) => ({ code, evidence })),
    silentSubscriber: silent,
    lapsed: hasLapsed(attributes),
  };
}

function riskOf(health: CustomerHealth | null, reasons: readonly ChurnReason[]): Pick<Standing, 'atRisk' | 'probability' | 'horizonDays'> {
  if (health === null) return { atRisk: isAtRisk(null, reasons), probability: null, horizonDays: null };
  const probability = 1 - health.probability;
  return {
    atRisk: isAtRisk(probability, reasons),
    probability: Math.round(probability * 10_000) / 10_000,
    horizonDays: health.active.horizonDays,
  };
}

function hasLapsed({ subscriber, days_since_purchase: since }: CustomerAttributes): boolean {
  return subscriber !== true && typeof since === 'number' && since >= SILENT_AFTER_DAYS;
}

function byId([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The facts behind a rule that holds or does not hold of her. */
export function evidenceOfRule(known: Understood, rule: Rule | undefined): readonly string[] {
  return rule === undefined ? [] : evidenceOf(known, rule.reads);
}
