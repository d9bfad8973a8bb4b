import {
  type Asked,
  customerEffort,
  customerSatisfaction,
  type Metric,
  netPromoterScore,
  type SurveyAnswer,
  type SurveyRefusal,
} from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { LIVE, type Tables } from '../read-models';
import type { Answer, ExperienceState } from './experience.projection';

export type SatisfactionBoard = {
  readonly nps: Metric | SurveyRefusal;
  readonly csat: Metric | SurveyRefusal;
  readonly ces: Metric | SurveyRefusal;
};

type Given = Answer & SurveyAnswer;

/** The value that most have; undefined of none. */
function commonest<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/**
 * What customers said within a period (both days in it), each once a wave. Answers of another scale than the commonest are left out, and said.
 * `tables` are by default the live ones.
 */
export async function satisfactionBoard(
  pool: Pool,
  { from, to }: { readonly from: DayNumber; readonly to: DayNumber },
  asked: Asked,
  { experience }: Tables = LIVE,
): Promise<SatisfactionBoard> {
  const { rows } = await pool.query<{ key: string; answers: ExperienceState['answers']; asked: number }>(
    `select key, state->'answers' as answers,
       (select count(*)::int from json_array_elements(state->'asked') sent where sent->>'instrument' = 'NPS' and (sent->>'day')::int between $1 and $2) as asked
     from ${experience} where answers > 0 or json_array_length(state->'asked') > 0`,
    [from, to],
  );
  const given = rows.flatMap(({ key, answers }): Given[] =>
    answers.filter(({ day }) => day >= from && day <= to).map((answer) => ({ ...answer, customer: key, wave: answer.waveId })),
  );
  const of = (instrument: Answer['instrument']): readonly Given[] => given.filter((answer) => answer.instrument === instrument);
  const invited = rows.reduce((sum, row) => sum + row.asked, 0);
  const csat = of('CSAT');
  const scale = commonest(csat.map(({ scaleMin, scaleMax }) => `${scaleMin}–${scaleMax}`)) ?? '1–5';
  const [min = 1, max = 5] = scale.split('–').map(Number);
  const ces = of('CES');
  const sevenIs = commonest(ces.map((answer) => answer.sevenIs)) ?? 'easy';
  return {
    nps: netPromoterScore(asked, of('NPS'), invited),
    csat: customerSatisfaction(
      asked,
      csat.filter(({ scaleMin, scaleMax }) => scaleMin === min && scaleMax === max),
      { scale: { min, max } },
    ),
    ces: customerEffort(
      asked,
      ces.filter((answer) => answer.sevenIs === sevenIs),
      { sevenIs },
    ),
  };
}
