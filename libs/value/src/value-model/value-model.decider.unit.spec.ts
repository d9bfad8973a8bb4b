import {
  capabilityGapRecorded,
  connectedValueDefined,
  experientialValueDefined,
  functionalValueDefined,
  purposeRetired,
  valueModelExampleImported,
  valueModelPublished,
  valueModelRetired,
  valueModelReviewFlagged,
  valueModelRevised,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { valueModelExamples } from './examples';
import { valueModelAggregate } from './value-model.decider';

const { decider } = valueModelAggregate;
const { valueModelId, ...connected } = exampleOf(connectedValueDefined);
const { valueModelId: _, ...experiential } = exampleOf(experientialValueDefined);
const { valueModelId: __, ...functional } = exampleOf(functionalValueDefined);
const { valueModelId: ___, ...gap } = exampleOf(capabilityGapRecorded);
const layerOf = ({ layerId, text }: Pick<typeof connected, 'layerId' | 'text'>) => ({ valueModelId, layerId, text });

const motive = recorded(connectedValueDefined, { valueModelId, ...connected });
const experience = recorded(experientialValueDefined, { valueModelId, ...experiential });
const function_ = recorded(functionalValueDefined, { valueModelId, ...functional });
const draft = [motive, experience, function_];
const published = recorded(valueModelPublished, { valueModelId, modelVersion: 1, strategyId: 's' });
const revised = recorded(valueModelRevised, { valueModelId, reason: 'moved' });
const retired = recorded(valueModelRetired, { valueModelId, reason: 'taken over' });

const { parentId, productIds } = functional;
const defineConnected = { kind: 'DefineConnectedValue', ...layerOf(connected), motive: connected.motive } as const;
const defineExperiential = { kind: 'DefineExperientialValue', ...layerOf(experiential), parentId: experiential.parentId } as const;
const defineFunctional = { kind: 'DefineFunctionalValue', ...layerOf(functional), parentId, productIds } as const;
const publish = { kind: 'PublishValueModel', valueModelId, strategyId: 's', strategyExists: true } as const;
const revise = { kind: 'ReviseValueModel', valueModelId, reason: 'moved' } as const;
const retire = { kind: 'RetireValueModel', valueModelId, reason: 'taken over' } as const;
const recordGap = { kind: 'RecordCapabilityGap', valueModelId, ...gap } as const;
const flag = { kind: 'FlagForReview', valueModelId, strategyId: 's', reason: 'another target' } as const;
const importExample = { kind: 'ImportValueModelExample', valueModelId, example: valueModelExamples.lululemon } as const;

describe('the layers of a value model [2.22][2.27]', () => {
  it('are defined from the motive down, each under the one that it serves', () => {
    given(decider)
      .when(defineConnected)
      .then({ definition: connectedValueDefined, subject: null, data: { valueModelId, ...connected } });
    given(decider, [motive])
      .when(defineExperiential)
      .then({ definition: experientialValueDefined, subject: null, data: { valueModelId, ...experiential } });
    given(decider, [motive, experience])
      .when(defineFunctional)
      .then({ definition: functionalValueDefined, subject: null, data: { valueModelId, ...functional } });
  });

  it('hang from nothing that is not defined', () => {
    for (const facts of [[], [recorded(connectedValueDefined, { valueModelId, ...connected, layerId: 'another' })]])
      given(decider, facts).when(defineExperiential).thenRefused('VALUE_LAYER_ORDER', 'parentId');
    const another = recorded(experientialValueDefined, { valueModelId, ...experiential, layerId: 'another' });
    for (const facts of [[], [motive], [motive, another]])
      given(decider, facts).when(defineFunctional).thenRefused('VALUE_LAYER_ORDER', 'parentId');
  });

  it('say in the refusal what is missing', () => {
    const ruleOf = (command: typeof defineExperiential | typeof defineFunctional) => {
      const decision = decider.decide(command, null);
      return decision.kind === 'refused' ? [decision.refusal.rule, decision.refusal.remedy] : [];
    };
    expect(ruleOf(defineExperiential)).toEqual([
      'an experiential value serves a connected value that is defined',
      'define a connected value first, then name it',
    ]);
    expect(ruleOf(defineFunctional)).toEqual([
      'a functional value serves an experiential value that is defined',
      'define an experiential value first, then name it',
    ]);
  });

  it('hang from one of several', () => {
    const other = recorded(connectedValueDefined, { valueModelId, ...connected, layerId: 'another' });
    const others = recorded(experientialValueDefined, { valueModelId, ...experiential, layerId: 'another' });
    given(decider, [other, motive])
      .when(defineExperiential)
      .then({ definition: experientialValueDefined, subject: null, data: { valueModelId, ...experiential } });
    given(decider, [motive, others, experience])
      .when(defineFunctional)
      .then({ definition: functionalValueDefined, subject: null, data: { valueModelId, ...functional } });
  });

  it('stand while the model is published', () => {
    for (const command of [defineConnected, defineExperiential, defineFunctional])
      given(decider, [...draft, published])
        .when(command)
        .thenRefused('VALUE_MODEL_PUBLISHED', 'valueModelId');
  });
});

describe('a value model [2.25]', () => {
  const next = (modelVersion: number, strategyId = 's') => ({
    definition: valueModelPublished,
    subject: null,
    data: { valueModelId, modelVersion, strategyId },
  });

  it('is published with all three layers, for a strategy', () => {
    given(decider, draft).when(publish).then(next(1));
    given(decider, [experience, function_]).when(publish).thenRefused('VALUE_LAYER_MISSING', 'connected');
    given(decider, [motive, function_]).when(publish).thenRefused('VALUE_LAYER_MISSING', 'experiential');
    given(decider, [motive, experience]).when(publish).thenRefused('VALUE_LAYER_MISSING', 'functional');
    given(decider, draft)
      .when({ ...publish, strategyExists: false })
      .thenRefused('NO_CUSTOMER_STRATEGY', 'strategyId');
  });

  it('is published again for another strategy, or after a revision', () => {
    given(decider, [...draft, published])
      .when(publish)
      .thenNothingHappened();
    given(decider, [...draft, published])
      .when({ ...publish, strategyId: 'another' })
      .then(next(2, 'another'));
    given(decider, [...draft, published, revised])
      .when(publish)
      .then(next(2));
  });

  it('is revised once it was published, and retired for good', () => {
    given(decider, [...draft, published])
      .when(revise)
      .then({ definition: valueModelRevised, subject: null, data: { valueModelId, reason: 'moved' } });
    given(decider, draft).when(revise).thenRefused('VALUE_MODEL_NOT_PUBLISHED', 'valueModelId');
    given(decider, draft)
      .when(retire)
      .then({ definition: valueModelRetired, subject: null, data: { valueModelId, reason: 'taken over' } });
    for (const command of [defineConnected, publish, revise, retire, recordGap, flag, importExample])
      given(decider, [...draft, retired])
        .when(command)
        .thenRefused('VALUE_MODEL_RETIRED', 'valueModelId');
  });

  it('names what the company is not able to do, of a layer or of none [2.24]', () => {
    const told = (data: object) => ({ definition: capabilityGapRecorded, subject: null, data: { valueModelId, ...data } });
    given(decider, draft).when(recordGap).then(told(gap));
    for (const { layerId } of [connected, functional])
      given(decider, draft)
        .when({ ...recordGap, layerId })
        .then(told({ ...gap, layerId }));
    const { layerId: _, ...ofNone } = gap;
    given(decider, draft)
      .when({ kind: 'RecordCapabilityGap', valueModelId, ...ofNone })
      .then(told(ofNone));
    given(decider, draft)
      .when({ ...recordGap, layerId: 'unknown' })
      .thenRefused('UNKNOWN_VALUE_LAYER', 'layerId');
  });

  it('is flagged when its strategy was revised', () => {
    given(decider, draft)
      .when(flag)
      .then({ definition: valueModelReviewFlagged, subject: null, data: { valueModelId, strategyId: 's', reason: 'another target' } });
  });

  it('that nothing is defined of takes no other command', () => {
    for (const command of [publish, revise, retire, recordGap, flag])
      given(decider).when(command).thenRefused('UNKNOWN_VALUE_MODEL', 'valueModelId');
  });

  it('begins with an example, or without one [2.26]', () => {
    const {
      name,
      connected: [motive_],
      experiential: [experience_],
      functional: [functional_],
    } = valueModelExamples.lululemon;
    given(decider)
      .when(importExample)
      .then(
        { definition: valueModelExampleImported, subject: null, data: { valueModelId, example: name } },
        { definition: connectedValueDefined, subject: null, data: { valueModelId, ...motive_ } },
        { definition: experientialValueDefined, subject: null, data: { valueModelId, ...experience_ } },
        { definition: functionalValueDefined, subject: null, data: { valueModelId, ...functional_ } },
      );
    given(decider, [motive]).when(importExample).thenRefused('VALUE_MODEL_EXISTS', 'valueModelId');
  });
});

describe('a value model as it stands', () => {
  const standing = {
    ...{ valueModelId, status: 'draft', modelVersion: 0, strategyId: null, example: null, connected: [connected] },
    ...{ experiential: [experiential], functional: [functional], gaps: [], flags: [], history: [] },
  };
  const at = '2026-02-02T00:00:00.000Z';

  it('is its layers', () => {
    expect(folded(decider, [motive])).toEqual({ ...standing, experiential: [], functional: [] });
    expect(folded(decider, draft)).toEqual(standing);
    expect(folded(decider, [...draft, recorded(purposeRetired, { purposeId: 'p', reason: 'x' })])).toEqual(standing);
  });

  it('has a layer that is defined again in its place', () => {
    const other = { ...connected, layerId: 'another' };
    const anew = { ...connected, motive: { ja: 'あ', en: 'Another' } };
    const facts = [connected, other, anew].map((layer) => recorded(connectedValueDefined, { valueModelId, ...layer }));
    expect(folded(decider, facts)?.connected).toEqual([anew, other]);
  });

  it('keeps its history, its gaps, and its flags until it is published again [2.28]', () => {
    const flagged = recorded(valueModelReviewFlagged, { valueModelId, strategyId: 's', reason: 'another target' });
    const facts = [
      recorded(valueModelExampleImported, { valueModelId, example: 'lululemon' }),
      ...draft,
      recorded(valueModelPublished, { valueModelId, modelVersion: 1, strategyId: 's' }, { occurred: at }),
      recorded(capabilityGapRecorded, { valueModelId, ...gap }),
      flagged,
      flagged,
      recorded(valueModelRevised, { valueModelId, reason: 'moved' }, { occurred: at }),
    ];
    const history = [
      { at, what: 'published', reason: null },
      { at, what: 'revised', reason: 'moved' },
    ];
    const reached = { ...standing, example: 'lululemon', modelVersion: 1, strategyId: 's', gaps: [gap] };
    const flags = ['strategy s: another target', 'strategy s: another target'];
    expect(folded(decider, facts)).toEqual({ ...reached, flags, history });
    const again = recorded(valueModelPublished, { valueModelId, modelVersion: 2, strategyId: 's' }, { occurred: at });
    expect(folded(decider, [...facts, again])).toEqual({
      ...{ ...reached, status: 'published', modelVersion: 2 },
      history: [...history, { at, what: 'published', reason: null }],
    });
    expect(folded(decider, [...facts, recorded(valueModelRetired, { valueModelId, reason: 'gone' }, { occurred: at })])).toEqual({
      ...{ ...reached, status: 'retired', flags },
      history: [...history, { at, what: 'retired', reason: 'gone' }],
    });
  });

  it('is nothing while nothing was told of it', () => {
    expect(folded(decider, [recorded(purposeRetired, { purposeId: 'p', reason: 'x' })])).toBeNull();
  });
});
