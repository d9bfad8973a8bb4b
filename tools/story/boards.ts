import {
  FourQuestionsDocument,
  KpiBoardDocument,
  type KpiBoardQuery,
  MrrWaterfallDocument,
  RequestsDocument,
  TuningBoardDocument,
  TuningCadenceDocument,
} from '@tsunagari/client';
import { quantity, table } from '@tsunagari/deployment';
import { actor } from './actor';
import { SERVICE, STRATEGY } from './brand';
import type { StoryPlatform } from './platform';

/** What the brand reads at the end of the half year. */
export async function boardsOf(platform: StoryPlatform) {
  const reader = actor('reader', await platform.as('data'));
  const { kpiBoard, monitorBoard } = await reader.reads(KpiBoardDocument, { strategyId: STRATEGY, withinDays: 60 });
  const { tuningCadence } = await reader.reads(TuningCadenceDocument, {});
  const { tuningBoard } = await reader.reads(TuningBoardDocument, { serviceId: SERVICE, first: 20 });
  const { fourQuestions } = await reader.reads(FourQuestionsDocument, { strategyId: STRATEGY });
  const { mrrWaterfall } = await reader.reads(MrrWaterfallDocument, { period: { from: '2026-06-01', to: '2026-06-30' }, currency: 'JPY' });
  const { requests } = await reader.reads(RequestsDocument, { first: 100 });
  return { kpiBoard, monitorBoard, tuningCadence, tuningBoard, fourQuestions, mrrWaterfall, requests };
}

export type Boards = Awaited<ReturnType<typeof boardsOf>>;
type Metric = NonNullable<KpiBoardQuery['kpiBoard']>['purposes'][number]['metrics'][number];

export function boardsText({ kpiBoard, monitorBoard, tuningCadence, tuningBoard, fourQuestions, mrrWaterfall }: Boards): string {
  const outcomes = (kpiBoard?.purposes ?? []).flatMap(({ purpose, target, metrics }) =>
    metrics.map((metric) => [
      purpose.purposeId,
      metric.name,
      shown(metric),
      String(metric.n),
      metric.name === 'achievement' ? `target ${target ?? '–'}` : '',
    ]),
  );
  const yen = ({ amountMinor }: { readonly amountMinor: string }): string => `¥${quantity(Number(amountMinor))}`;
  return [
    table(['purpose (outcomes)', 'metric', 'value', 'n', ''], outcomes),
    '',
    `  watched, never steered by: ${monitorBoard.map(({ metricId }) => metricId).join(', ')}`,
    `  June's MRR: ${yen(mrrWaterfall.start)} + new ${yen(mrrWaterfall.new)} + back ${yen(mrrWaterfall.reactivation)} − left ${yen(mrrWaterfall.churn)} = ${yen(mrrWaterfall.end)} (${mrrWaterfall.involuntary} of those who left did not want to)`,
    '',
    table(
      ['tuning cycle', 'opened', 'closed', 'overdue'],
      tuningBoard.edges.map(({ node }) => [
        node.cycleId,
        node.openedAt.slice(0, 10),
        node.closedAt?.slice(0, 10) ?? '–',
        node.overdue ? 'yes' : '',
      ]),
    ),
    table(
      ['tuning', 'value'],
      tuningCadence.metrics.map((metric) => [metric.name, shown(metric)]),
    ),
    '',
    table(
      ['question', 'answered', 'by'],
      (fourQuestions?.questions ?? []).map(({ question, answered, by }) => [
        question.toLowerCase(),
        answered ? 'yes' : 'no',
        by.slice(0, 3).join(', '),
      ]),
    ),
    ...(fourQuestions?.gaps ?? []).map((gap) => `  missing: ${gap}`),
  ].join('\n');
}

function shown({ value, reasonNull, numerator, denominator, unit }: Metric): string {
  if (value === null) return reasonNull ?? '–';
  const base = numerator === null || denominator === null ? '' : ` (${numerator} of ${denominator})`;
  return `${quantity(Number(value), 2)} ${unit}${base}`;
}
