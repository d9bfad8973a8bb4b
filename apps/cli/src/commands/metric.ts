import type { Principal } from '@tsunagari/access';
import { moneyText, quantity, type Services, table } from '@tsunagari/deployment';
import { parse } from 'graphql';
import { randomUUID } from 'node:crypto';
import { answer, type Call, type Command, type ExitCode, UsageError, withServices } from '../command';

export const metricCommand: Command = {
  usage: 'metric <list|kinds|show> …',
  summary: 'the metrics that are defined, and one of them with what it was made of',
  help: `metric list        every defined metric
metric kinds       of what kinds one can be defined, with their class, and which query answers those that are more than one number
metric show <id>   its value, or the reason why it has none; base, period, method

Of kind share or mean, ltv-historic and always-connected as of the last closed day; any other over a period, by default the last month that is
over. A metric is defined by the mutation defineMetric, in GraphiQL with a token of the role data:

  mutation { defineMetric(input: { metricId: "subscribers", name: { ja: "定期会員", en: "Subscribers" }, kind: "share", rule: "subscriber",
    class: RESULT, zeroDenominator: NULL_WITH_REASON, partialPeriods: MARKED, idempotencyKey: "subscribers-1" }) { __typename } }

Rules read the attributes that customerAttributes names. As of a moment: one that is read from the log by --position, one that stands on read models by the --label under which
generations of them were built (rebuild <read model> --position P --label L).`,
  options: {
    from: { type: 'string', what: 'of show: the first day of the period, yyyy-mm-dd' },
    to: { type: 'string', what: 'of show: its last day' },
    position: { type: 'string', what: 'of show: the newest position of the log that counts' },
    label: { type: 'string', what: 'of show: the name of generations that were built as of a moment' },
  },
  async run(call) {
    const wish = wishOf(call);
    const { code, value, text } = await withServices((services) => toldOf(wish, services));
    answer(call, value, text);
    return code;
  },
};

/** What a call asks for. */
export type MetricWish =
  | { readonly kind: 'list' }
  | { readonly kind: 'kinds' }
  | {
      readonly kind: 'show';
      readonly metricId: string;
      readonly period: { readonly from: string; readonly to: string } | null;
      /** Null: for now. */
      readonly asOf: { readonly position: string } | { readonly label: string } | null;
    };

type Told = { readonly code: ExitCode; readonly value: unknown; readonly text: string };

type Defined = {
  readonly metricId: string;
  readonly version: number;
  readonly name: { readonly en: string };
  readonly kind: string;
  readonly class: string;
  readonly retired: string | null;
};

type Kind = {
  readonly kind: string;
  readonly class: string | null;
  readonly formula: string;
  readonly reads: readonly string[];
  readonly elsewhere: string | null;
};

type Shown = {
  readonly value: string | null;
  readonly reasonNull: string | null;
  readonly unit: string;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly n: number;
  readonly interval: { readonly from: string; readonly to: string; readonly timeZone: string } | null;
  readonly partial: boolean;
  readonly method: string;
  readonly definitionVersion: number;
  readonly class: string;
  readonly ci: { readonly low: string; readonly high: string; readonly level: string } | null;
  readonly currency: string | null;
  readonly notes: readonly string[];
  readonly asOfDay: string | null;
  readonly freshness: { readonly position: string };
};

const KINDS = parse('{ metricKinds { kind class formula reads elsewhere } }');
const LIST = parse('{ definitions { metrics { metricId version name { en } kind class retired } } }');
const SHOW = parse(`query ($metricId: ID!, $period: PeriodInput, $asOf: AsOf, $asOfLabel: String) {
  metric(metricId: $metricId, period: $period, asOf: $asOf, asOfLabel: $asOfLabel) {
    value reasonNull unit numerator denominator n interval { from to timeZone } partial method definitionVersion class
    ci { low high level } currency notes asOfDay freshness { position }
  }
}`);
const OPERATOR: Principal = { kind: 'staff', roles: ['data'], actor: 'user:cli', subject: null };

/** Throws a {@link UsageError} where the words of the call are off. */
export function wishOf({ positionals, options }: Pick<Call, 'positionals' | 'options'>): MetricWish {
  const [verb, metricId, ...more] = positionals;
  const { from, to } = options;
  if ((verb === 'list' || verb === 'kinds') && metricId === undefined) {
    if (['from', 'to', 'position', 'label'].some((name) => options[name] !== undefined))
      throw new UsageError('a period and a moment are of metric show');
    return { kind: verb };
  }
  if (verb !== 'show' || metricId === undefined || more.length > 0)
    throw new UsageError('metric takes list, kinds, or show and the id of a metric');
  const period = from === undefined && to === undefined ? null : { from: dayOf('from', from), to: dayOf('to', to) };
  return { kind: 'show', metricId, period, asOf: momentOf(options) };
}

function momentOf({ position, label }: Call['options']): Extract<MetricWish, { kind: 'show' }>['asOf'] {
  if (position !== undefined && label !== undefined) throw new UsageError('one moment is asked for: --position or --label');
  if (typeof label === 'string') return { label };
  if (typeof position !== 'string') return null;
  if (!/^(0|[1-9]\d{0,18})$/.test(position)) throw new UsageError(`a position is a whole number, not ${position}`);
  return { position };
}

/** The answer of understanding's graph, as a client would get it. Throws a {@link UsageError} for what the graph refuses as asked wrongly. */
export async function toldOf(wish: MetricWish, services: Pick<Services, 'subgraphs'>): Promise<Told> {
  const ask = async (document: typeof LIST, variables: Readonly<Record<string, unknown>> = {}) => {
    const graph = services.subgraphs.find(({ name }) => name === 'understanding');
    if (graph === undefined) throw new Error('understanding is hosted by another process: run the command beside that one');
    return graph.execute({ document, variables, context: { requestId: randomUUID(), principal: OPERATOR, atLeast: null } });
  };
  const answered = async (document: typeof LIST): Promise<Readonly<Record<string, unknown>>> => {
    const { data, errors = [] } = await ask(document);
    const [fault] = errors;
    if (fault !== undefined) throw fault;
    return data ?? {};
  };
  if (wish.kind === 'kinds') return kindsTold((await answered(KINDS))['metricKinds'] as readonly Kind[]);
  const { metrics } = (await answered(LIST))['definitions'] as { readonly metrics: readonly Defined[] };
  if (wish.kind === 'list') return listed(metrics);

  const { metricId, period, asOf } = wish;
  const definition = metrics.find((each) => each.metricId === metricId);
  if (definition === undefined) {
    const known = metrics.length === 0 ? 'none is defined yet' : `there are ${metrics.map((each) => each.metricId).join(', ')}`;
    throw new UsageError(`there is no metric ${metricId}; ${known}`);
  }
  const { data, errors } = await ask(SHOW, {
    metricId,
    period,
    asOf: asOf !== null && 'position' in asOf ? asOf : null,
    asOfLabel: asOf !== null && 'label' in asOf ? asOf.label : null,
  });
  const [refused] = errors ?? [];
  if (refused === undefined) return shown(definition, (data as { metric: Shown }).metric, asOf !== null);
  const { code, rule, remedy } = refused.extensions;
  // A kind that is answered elsewhere is no wrong call.
  if (code === 'BAD_USER_INPUT' && refused.extensions['field'] === 'metricId')
    return {
      code: 1,
      value: { metricId, refused: { code, message: refused.message, rule } },
      text: `✗ ${refused.message} ${String(rule)}.`,
    };
  if (code === 'BAD_USER_INPUT') throw new UsageError(`${refused.message}${typeof rule === 'string' ? ` ${rule}` : ''}`);
  if (code !== 'NOT_FOUND' && code !== 'AS_OF_UNSUPPORTED') throw refused;
  const why = `${refused.message}${typeof remedy === 'string' ? ` ${remedy}` : ''}`;
  return { code: 1, value: { metricId, refused: { code, message: refused.message, remedy } }, text: `✗ ${why}` };
}

function listed(metrics: readonly Defined[]): Told {
  const rows = metrics.map(({ metricId, version, name, kind, class: of, retired }) => [
    metricId,
    String(version),
    name.en,
    kind,
    of.toLowerCase(),
    retired ?? '',
  ]);
  return {
    code: 0,
    value: metrics,
    text:
      rows.length === 0
        ? 'No metric is defined yet: metric kinds says of what, metric --help how.'
        : table(['metric', 'version', 'name', 'kind', 'class', 'retired'], rows),
  };
}

function kindsTold(kinds: readonly Kind[]): Told {
  const rows = kinds.map(({ kind, class: of, formula, reads, elsewhere }) => [
    kind,
    of?.toLowerCase() ?? 'any',
    formula,
    elsewhere ?? reads.join(', '),
  ]);
  return { code: 0, value: kinds, text: table(['kind', 'class', 'what it is', 'read from, or asked elsewhere'], rows) };
}

function shown({ metricId, name, retired }: Defined, metric: Shown, isPast: boolean): Told {
  const { value, reasonNull, unit, currency, interval, partial, asOfDay, ci, n, method, notes } = metric;
  const said = (number: string | null): string => {
    if (number === null) return '–';
    if (unit === 'money' && currency !== null) return moneyText(number, currency);
    if (unit === 'share') return `${quantity(100 * Number(number), 2)} %`;
    // What a count counts, and what a brand's own mean is in, its name says.
    return unit === 'count' ? quantity(Number(number)) : `${quantity(Number(number), 2)}${unit === 'score' ? '' : ` ${unit}`}`;
  };
  const period = interval === null ? `as of ${asOfDay ?? 'today'}` : `${interval.from} to ${interval.to} (${interval.timeZone})`;
  const lines = [
    `${name.en} (${metricId}, version ${metric.definitionVersion}): ${value === null ? `no value, ${reasonNull ?? ''}` : said(value)}`,
    ...(ci === null ? [] : [`  between ${said(ci.low)} and ${said(ci.high)} with probability ${ci.level}`]),
    `  ${method}; n ${quantity(n)}`,
    `  ${period}${partial ? ', can still change' : ''}; ${metric.class.toLowerCase()}`,
    ...(isPast ? [`  as of position ${metric.freshness.position} of the log`] : []),
    ...notes.map((note) => `  ${note}`),
    ...(retired === null ? [] : [`  retired: ${retired}`]),
  ];
  return { code: 0, value: { metricId, name, retired, ...metric }, text: lines.join('\n') };
}

function dayOf(name: 'from' | 'to', text: string | boolean | undefined): string {
  if (typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new UsageError(
    `a period has --from and --to, each a day, yyyy-mm-dd; --${name} is ${text === undefined ? 'missing' : String(text)}`,
  );
}
