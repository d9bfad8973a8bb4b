import {
  type ChurnRiskCleared,
  churnRiskCleared,
  type ChurnRiskRaised,
  churnRiskRaised,
  type DissatisfactionDetected,
  dissatisfactionDetected,
  type LifecycleStageChanged,
  lifecycleStageChanged,
  type NeedDetected,
  needDetected,
  type RelationshipLapsed,
  relationshipLapsed,
  type SegmentEntered,
  segmentEntered,
  segmentExited,
  type SilentSubscriberDetected,
  silentSubscriberDetected,
  voiceRecorded,
} from '@tsunagari/contracts';
import type { Evidence, SignalDraft } from '@tsunagari/projection';
import { isComplaint, type Understood } from '../attributes/attributes';
import { MOST_EVIDENCE } from '../attributes/evidence';
import { dayOf } from '../calendar';
import { SILENT_AFTER_DAYS, saleDayNumbers } from '../purchases/purchases.state';
import { evidenceOfRule, type Judgement, type Standing } from './standing';
import type { StandingState } from './standing.projection';

/**
 * What others are told when a customer's standing became another one. A dissatisfaction is told with the fact that says it; everything else
 * when the day is judged. Who became another customer is told nothing of: the survivor is.
 */
export function signalsOf(
  judgement: Judgement,
  before: StandingState | undefined,
  after: StandingState | undefined,
  evidence: Evidence,
): readonly SignalDraft[] {
  if (after === undefined) return [];
  const voices = dissatisfactions(evidence);
  const [was, is] = [before?.standing ?? null, after.standing];
  return is === null ? voices : [...voices, ...changes(judgement, was, is, after, evidence)];
}

function dissatisfactions({ facts }: Evidence): readonly SignalDraft[] {
  const voices = facts.flatMap(({ type, id, data }) => {
    if (type !== voiceRecorded.type) return [];
    const { kind } = data as { kind: string };
    return isComplaint(kind) ? [{ kind, evidence: id }] : [];
  });
  if (voices.length === 0) return [];
  const data: DissatisfactionDetected = { voices };
  return [{ kind: dissatisfactionDetected.kind, data, evidence: voices.map((voice) => voice.evidence) }];
}

function changes(
  judgement: Judgement,
  was: Standing | null,
  is: Standing,
  state: StandingState,
  { facts }: Evidence,
): readonly SignalDraft[] {
  const known: Understood = { ...state, customer: '' };
  const asOfDay = dayOf(is.day);
  const drafts: SignalDraft[] = [];
  /** What the page brought, and what the folds keep of what the rule read. */
  const behind = (...more: readonly string[]): readonly string[] =>
    [...new Set([...more, ...facts.map(({ id }) => id)])].slice(-MOST_EVIDENCE);

  for (const [segmentId, definitionVersion] of Object.entries(is.segments))
    if (was?.segments[segmentId] === undefined) {
      const data: SegmentEntered = { segmentId, definitionVersion, asOfDay };
      const evidence = behind(...evidenceOfRule(known, judgement.segments.get(segmentId)?.rule));
      drafts.push({ kind: segmentEntered.kind, of: segmentId, data, evidence });
    }
  for (const [segmentId, definitionVersion] of Object.entries(was?.segments ?? {}))
    if (is.segments[segmentId] === undefined) {
      const data: SegmentEntered = { segmentId, definitionVersion, asOfDay };
      const evidence = behind(...evidenceOfRule(known, judgement.segments.get(segmentId)?.rule));
      drafts.push({ kind: segmentExited.kind, of: segmentId, data, evidence });
    }
  if (was?.stage?.stageId !== is.stage?.stageId) {
    const to = is.stage ?? was?.stage;
    const data: LifecycleStageChanged = {
      from: was?.stage?.stageId ?? null,
      to: is.stage?.stageId ?? null,
      definitionVersion: to?.version ?? 1,
      asOfDay,
    };
    const rule = judgement.stages.find(({ stageId }) => stageId === to?.stageId)?.rule;
    drafts.push({ kind: lifecycleStageChanged.kind, data, evidence: behind(...evidenceOfRule(known, rule)) });
  }
  for (const [needId, definitionVersion] of Object.entries(is.needs))
    if (was?.needs[needId] === undefined) {
      const need = judgement.needs.get(needId);
      const data: NeedDetected = { needId, purposeId: need?.purposeId ?? null, definitionVersion, asOfDay };
      drafts.push({ kind: needDetected.kind, of: needId, data, evidence: behind(...evidenceOfRule(known, need?.rule)) });
    }
  const { probability, horizonDays } = is;
  const reasons = is.reasons.map(({ code, evidence }) => ({ code, evidence: [...evidence] }));
  if (is.atRisk && was?.atRisk !== true) {
    const data: ChurnRiskRaised = { probability, horizonDays, reasons, asOfDay };
    drafts.push({ kind: churnRiskRaised.kind, data, evidence: behind(...reasons.flatMap(({ evidence }) => evidence)) });
  }
  if (was?.atRisk === true && !is.atRisk) {
    const data: ChurnRiskCleared = { probability, asOfDay };
    drafts.push({ kind: churnRiskCleared.kind, data, evidence: behind(...was.reasons.flatMap(({ evidence }) => evidence)) });
  }
  if (is.silentSubscriber && was?.silentSubscriber !== true) {
    const last = state.experience?.lastUse ?? null;
    const data: SilentSubscriberDetected = { lastUse: last === null ? null : dayOf(last.day), asOfDay };
    const contracts = (state.holdings?.contracts ?? []).map(({ evidence }) => evidence);
    drafts.push({ kind: silentSubscriberDetected.kind, data, evidence: behind(...contracts, ...(last === null ? [] : [last.evidence])) });
  }
  if (is.lapsed && was?.lapsed !== true) {
    const last = state.purchases === null ? undefined : saleDayNumbers(state.purchases).at(-1);
    const data: RelationshipLapsed = { lastPurchase: dayOf(last ?? is.day), afterDays: SILENT_AFTER_DAYS, asOfDay };
    drafts.push({ kind: relationshipLapsed.kind, data, evidence: behind(...evidenceOfPurchases(known)) });
  }
  return drafts;
}

function evidenceOfPurchases({ purchases }: Understood): readonly string[] {
  return purchases?.evidence ?? [];
}
