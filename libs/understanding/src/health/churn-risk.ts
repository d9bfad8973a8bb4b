import { retentionRate } from '@tsunagari/clv';
import type { CustomerAttributes, Understood } from '../attributes/attributes';
import { evidenceOf } from '../attributes/evidence';
import type { DayNumber } from '../calendar';
import { UNUSED_AFTER_DAYS } from '../experience/experience.projection';
import type { ContractModel } from '../holdings/contract-model.query';
import { runningContracts } from '../holdings/holdings.projection';
import type { CustomerHealth } from './customer-health';

export type ChurnReason = {
  readonly code:
    | 'CANCELLATION_REQUESTED'
    | 'PAYMENT_FAILED'
    | 'SILENT_SUBSCRIBER'
    | 'LONGER_THAN_USUAL'
    | 'DISSATISFIED'
    | 'LOW_SCORE'
    | 'LEAVES_SURVEYS_UNANSWERED'
    | 'HEALTH_DRIVER';
  readonly detail: string;
  readonly evidence: readonly string[];
};

export type ChurnRisk = {
  readonly probability: number | null;
  readonly reasonNull: 'NO_MODEL' | 'NO_BASE' | null;
  /** What the probability rests on. */
  readonly method: 'health' | 'contract' | 'purchases' | null;
  readonly horizonDays: number | null;
  readonly reasons: readonly ChurnReason[];
  /** See {@link isAtRisk}: what the signals tell. */
  readonly raised: boolean;
};

/** Whether she pays and has used nothing for long; null when she pays for nothing, or nothing that she uses is known at all. */
export function silentSubscriber({ holdings, experience }: Understood, day: DayNumber): boolean | null {
  const paid = holdings === null ? [] : runningContracts(holdings).filter(({ status }) => status === 'active');
  if (paid.length === 0) return null;
  const last = experience?.lastUse?.day ?? null;
  const since = Math.min(...paid.map((contract) => contract.since ?? day));
  return day - Math.max(last ?? since, since) >= UNUSED_AFTER_DAYS;
}

/** What speaks for leaving, each with the facts behind it. The probability says how much; these say why. */
export function reasonsToLeave(
  known: Understood,
  attributes: CustomerAttributes,
  health: CustomerHealth | null,
  day: DayNumber,
): readonly ChurnReason[] {
  const { holdings, experience } = known;
  const reasons: ChurnReason[] = [];
  for (const contract of holdings === null ? [] : runningContracts(holdings)) {
    if (contract.endsOn !== null)
      reasons.push({
        code: 'CANCELLATION_REQUESTED',
        detail: `${contract.id} ends${contract.reason === null ? '' : ` (${contract.reason})`}`,
        evidence: [contract.evidence],
      });
    if (contract.failedPayments > 0)
      reasons.push({
        code: 'PAYMENT_FAILED',
        detail: `${contract.failedPayments} of ${contract.id} since the last renewal`,
        evidence: [contract.evidence],
      });
  }
  if (silentSubscriber(known, day) === true)
    reasons.push({
      code: 'SILENT_SUBSCRIBER',
      detail: `pays, and has used nothing for ${UNUSED_AFTER_DAYS} days or longer`,
      evidence: evidenceOf(known, ['subscriber', 'days_since_use']),
    });
  const { days_since_purchase: since, days_between_purchases: between } = attributes;
  if (typeof since === 'number' && typeof between === 'number' && since > 2 * between && since > 14)
    reasons.push({
      code: 'LONGER_THAN_USUAL',
      detail: `${since} days since the last purchase; usually ${Math.round(between)}`,
      evidence: evidenceOf(known, ['days_since_purchase']),
    });
  const voices = (experience?.voices ?? []).filter(
    (voice) => (voice.kind === 'dissatisfaction' || voice.kind === 'trouble') && voice.day > day - 90,
  );
  if (voices.length > 0)
    reasons.push({ code: 'DISSATISFIED', detail: `${voices.length} voiced in 90 days`, evidence: voices.map(({ evidence }) => evidence) });
  const nps = experience?.answers.findLast(({ instrument }) => instrument === 'NPS');
  if (nps !== undefined && nps.score <= 6)
    reasons.push({ code: 'LOW_SCORE', detail: `${nps.score} of 10 in ${nps.waveId}`, evidence: [nps.evidence] });
  const unanswered = attributes['unanswered_surveys'];
  if (typeof unanswered === 'number' && unanswered >= 2)
    reasons.push({
      code: 'LEAVES_SURVEYS_UNANSWERED',
      detail: `${unanswered} in a year`,
      evidence: evidenceOf(known, ['unanswered_surveys']),
    });
  for (const driver of (health?.drivers ?? []).filter(({ adds }) => adds < -0.2).slice(0, 3))
    reasons.push({
      code: 'HEALTH_DRIVER',
      detail: `${driver.feature} ${driver.value === null ? 'unknown' : `= ${driver.value}`}: ${driver.adds.toFixed(2)} on the log-odds`,
      evidence: evidenceOf(known, [driver.feature]),
    });
  return reasons;
}

/** From here on the probability that she leaves raises the risk. */
export const RISK_RAISED_AT = 0.5;

/** Without a probability these raise it; beside one, only that she asked to leave does. */
const RAISING: ReadonlySet<ChurnReason['code']> = new Set([
  'CANCELLATION_REQUESTED',
  'PAYMENT_FAILED',
  'SILENT_SUBSCRIBER',
  'LONGER_THAN_USUAL',
  'DISSATISFIED',
  'LOW_SCORE',
]);

/** Whether the risk is raised: by the health model's probability that she leaves, or where there is none by what speaks for it. */
export function isAtRisk(probability: number | null, reasons: readonly Pick<ChurnReason, 'code'>[]): boolean {
  if (reasons.some(({ code }) => code === 'CANCELLATION_REQUESTED')) return true;
  return probability === null ? reasons.some(({ code }) => RAISING.has(code)) : probability >= RISK_RAISED_AT;
}

/** The risk that she leaves: by the activated health model; else of a contract by its next renewal; else by the purchases to come. */
export function churnRisk(
  known: Understood,
  attributes: CustomerAttributes,
  health: CustomerHealth | null,
  contracts: ContractModel | null,
  day: DayNumber,
): ChurnRisk {
  const reasons = reasonsToLeave(known, attributes, health, day);
  const raised = isAtRisk(health === null ? null : 1 - health.probability, reasons);
  if (health !== null)
    return {
      probability: 1 - health.probability,
      reasonNull: null,
      method: 'health',
      horizonDays: health.active.horizonDays,
      reasons,
      raised,
    };
  const paid = known.holdings === null ? [] : runningContracts(known.holdings).filter(({ since }) => since !== null);
  if (paid.length > 0 && contracts?.kind === 'fitted') {
    const { model } = contracts.fit;
    const stays = paid.reduce((all, { renewals, endsOn }) => all * (endsOn === null ? retentionRate(model, renewals + 1) : 0), 1);
    return { probability: 1 - stays, reasonNull: null, method: 'contract', horizonDays: 30, reasons, raised };
  }
  const buys = attributes['purchase_probability_90d'];
  if (typeof buys === 'number') return { probability: 1 - buys, reasonNull: null, method: 'purchases', horizonDays: 90, reasons, raised };
  return {
    probability: null,
    reasonNull: Number(attributes['purchases'] ?? 0) > 0 || paid.length > 0 ? 'NO_MODEL' : 'NO_BASE',
    method: null,
    horizonDays: null,
    reasons,
    raised,
  };
}
