import { planDefined, planPublished, planRetired, type PlanDefined } from '@tsunagari/contracts';
import { folded, given, recorded } from '@tsunagari/testing';
import { planDecider } from './plan.decider';

const version1 = planDefined.examples[0] as PlanDefined;
const { planVersion: _, ...plan } = version1;
const defined = recorded(planDefined, version1);
const published = recorded(planPublished, { planId: plan.planId, planVersion: 1 }, { position: '2' });
const retired = recorded(planRetired, { planId: plan.planId }, { position: '3' });
const dearer = { ...plan, price: { amountMinor: 2480, currency: 'JPY' } };

describe('a plan [4.02]', () => {
  it('begins with its first version', () => {
    given(planDecider)
      .when({ kind: 'DefinePlan', ...plan })
      .then({ definition: planDefined, subject: null, data: version1 });
  });
  it('gets a new price by a new version', () => {
    given(planDecider, [defined, published])
      .when({ kind: 'DefinePlan', ...dearer })
      .then({ definition: planDefined, subject: null, data: { ...dearer, planVersion: 2 } });
  });
  it('never changes a version that stands: a price is not changed in place', () => {
    given(planDecider, [defined])
      .when({ kind: 'DefinePlan', ...dearer, planVersion: 1 })
      .thenRefused('PLAN_VERSION_FIXED', 'planVersion');
  });
  it('may name the version that comes next', () => {
    given(planDecider, [defined])
      .when({ kind: 'DefinePlan', ...dearer, planVersion: 2 })
      .then({ definition: planDefined, subject: null, data: { ...dearer, planVersion: 2 } });
  });
  it('leaves out no version', () => {
    given(planDecider, [defined])
      .when({ kind: 'DefinePlan', ...dearer, planVersion: 3 })
      .thenRefused('INVALID_FIELD', 'planVersion');
  });
  it('stays in its family, whose trials are counted together', () => {
    given(planDecider, [defined])
      .when({ kind: 'DefinePlan', ...dearer, family: 'another' })
      .thenRefused('INVALID_FIELD', 'family');
  });
  it('costs nothing or something, never less', () => {
    given(planDecider)
      .when({ kind: 'DefinePlan', ...plan, price: { amountMinor: -1, currency: 'JPY' } })
      .thenRefused('INVALID_FIELD', 'price');
  });
  it('may cost nothing', () => {
    const price = { amountMinor: 0, currency: 'JPY' };
    given(planDecider)
      .when({ kind: 'DefinePlan', ...plan, price })
      .then({ definition: planDefined, subject: null, data: { ...version1, price } });
  });
  it('stands with its versions', () => {
    expect(folded(planDecider, [])).toEqual({ versions: [], published: [], retired: false });
    const second = recorded(planDefined, { ...dearer, planVersion: 2 });
    expect(folded(planDecider, [defined, second, published, { ...defined, type: 'retention.operations.something-else' }])).toEqual({
      versions: [version1, { ...dearer, planVersion: 2 }],
      published: [1],
      retired: false,
    });
    given(planDecider, [defined, second])
      .when({ kind: 'PublishPlan', planId: plan.planId, planVersion: 1 })
      .then({ definition: planPublished, subject: null, data: { planId: plan.planId, planVersion: 1 } });
  });
  it('is published once, version by version', () => {
    const publish = { kind: 'PublishPlan', planId: plan.planId, planVersion: 1 } as const;
    given(planDecider, [defined])
      .when(publish)
      .then({ definition: planPublished, subject: null, data: { planId: plan.planId, planVersion: 1 } });
    given(planDecider, [defined, published]).when(publish).thenNothingHappened();
    given(planDecider, [defined])
      .when({ ...publish, planVersion: 2 })
      .thenRefused('UNKNOWN_PLAN', 'planVersion');
    given(planDecider, [defined, retired]).when(publish).thenRefused('PLAN_RETIRED', 'planId');
  });
  it('is retired for good', () => {
    const retire = { kind: 'RetirePlan', planId: plan.planId, reason: 'gone' } as const;
    given(planDecider, [defined])
      .when(retire)
      .then({ definition: planRetired, subject: null, data: { planId: plan.planId, reason: 'gone' } });
    given(planDecider, [defined])
      .when({ kind: 'RetirePlan', planId: plan.planId })
      .then({ definition: planRetired, subject: null, data: { planId: plan.planId } });
    given(planDecider, [defined, retired]).when(retire).thenNothingHappened();
    given(planDecider).when(retire).thenRefused('UNKNOWN_PLAN', 'planId');
    given(planDecider, [defined, retired])
      .when({ kind: 'DefinePlan', ...dearer })
      .thenRefused('PLAN_RETIRED', 'planId');
  });
});
