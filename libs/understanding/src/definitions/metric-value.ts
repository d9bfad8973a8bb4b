import type { MetricDefined } from '@tsunagari/contracts';
import { type Metric, metric, moments, normalInterval, share } from '@tsunagari/metrics';
import type { AttributeValues, Compiled, Formula, Rule } from '@tsunagari/rules';
import { customerRules } from '../attributes/vocabulary';

/** Counts a metric of a brand's own over customers that come one by one. */
export type MetricCount = { readonly add: (values: AttributeValues) => void; readonly result: () => Metric };

function standing<T extends Rule | Formula>(compiled: Compiled<T>): T {
  if (compiled.kind === 'refused') throw new Error(`a defined rule is none any more: ${compiled.fault.message}`);
  return compiled.rule;
}

/** Of the kinds `share` and `mean`; undefined for a kind that the platform computes elsewhere. */
export function metricCount(
  definition: Pick<MetricDefined, 'kind' | 'class' | 'rule' | 'base' | 'formula' | 'version' | 'partialPeriods'>,
  segmentRule?: string,
): MetricCount | undefined {
  const base = [definition.base, segmentRule].flatMap((text) => (text === undefined ? [] : [standing(customerRules.rule(text))]));
  const isIn = (values: AttributeValues): boolean => base.every((rule) => rule.judge(values).kind === 'holds');
  const asked = { definitionVersion: definition.version };
  if (definition.kind === 'share' && definition.rule !== undefined) {
    const rule = standing(customerRules.rule(definition.rule));
    const counts = { of: 0, holds: 0, unknown: 0 };
    return {
      add(values) {
        if (!isIn(values)) return;
        const verdict = rule.judge(values).kind;
        // Who is unknown is neither in the base nor counted: a lack of data is no no.
        if (verdict === 'unknown' || verdict === 'broken') counts.unknown += 1;
        else {
          counts.of += 1;
          if (verdict === 'holds') counts.holds += 1;
        }
      },
      result: () =>
        share(asked, counts.holds, counts.of, {
          class: definition.class,
          method: `${definition.rule ?? ''} among ${definition.base ?? 'known customers'}`,
          notes: counts.unknown > 0 ? [`${counts.unknown} unknown, left out`] : [],
        }),
    };
  }
  if (definition.kind !== 'mean' || definition.formula === undefined) return undefined;
  const formula = standing(customerRules.formula(definition.formula));
  const values: number[] = [];
  let unknown = 0;
  return {
    add(attributes) {
      if (!isIn(attributes)) return;
      const value = formula.compute(attributes);
      if (value === null) unknown += 1;
      else values.push(value);
    },
    result() {
      const { n, mean, variance } = moments(values);
      return metric(asked, {
        unit: 'score',
        class: definition.class,
        method: `mean of ${definition.formula ?? ''} among ${definition.base ?? 'known customers'}`,
        n,
        value: n === 0 ? null : mean,
        numerator: n === 0 ? 0 : mean * n,
        denominator: n,
        ci: n > 1 ? normalInterval(mean, Math.sqrt(variance / n)) : null,
        notes: unknown > 0 ? [`${unknown} unknown, left out`] : [],
      });
    },
  };
}
