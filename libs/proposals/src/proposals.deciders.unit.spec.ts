import {
  experienceLearned,
  expireDecision,
  type HoldoutDefined,
  holdoutDefined,
  type ProposalDecided,
  proposalDecided,
  purposeValueSet,
} from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { holdoutDecider } from './holdout/holdout.decider';
import { proposalExpiry } from './proposal/proposal-expiry.reactor';
import { purposeValueDecider } from './purpose-value/purpose-value.decider';

const foreign = recorded(experienceLearned, {});

describe('a holdout', () => {
  const holdout: HoldoutDefined = { holdoutId: 'h', salt: 'seed', from: 0.1, to: 0.3 };
  const define = (over: Partial<HoldoutDefined> = {}) => ({ kind: 'DefineHoldout' as const, ...holdout, ...over });
  const defined = recorded(holdoutDefined, holdout);

  it('ends above where it begins', () => {
    given(holdoutDecider).when(define()).then({ definition: holdoutDefined, subject: null, data: holdout });
    given(holdoutDecider)
      .when(define({ to: 0.1 }))
      .thenRefused('END_BEFORE_START', 'to');
    given(holdoutDecider)
      .when(define({ to: 0.05 }))
      .thenRefused('END_BEFORE_START', 'to');
  });

  it('keeps its salt and only grows: whoever was held out stays so', () => {
    given(holdoutDecider, [defined])
      .when(define({ salt: 'other' }))
      .thenRefused('HOLDOUT_RESALTED', 'salt');
    given(holdoutDecider, [defined])
      .when(define({ from: 0.2 }))
      .thenRefused('HOLDOUT_SHRINKS', 'to');
    given(holdoutDecider, [defined])
      .when(define({ to: 0.2 }))
      .thenRefused('HOLDOUT_SHRINKS', 'to');
    for (const over of [{ from: 0 }, { to: 0.4 }, { slots: ['home'] }])
      given(holdoutDecider, [defined, foreign])
        .when(define(over))
        .then({ definition: holdoutDefined, subject: null, data: { ...holdout, ...over } });
  });

  it('said again changes nothing', () => {
    given(holdoutDecider, [defined]).when(define()).thenNothingHappened();
    const inSlots = recorded(holdoutDefined, { ...holdout, slots: ['home', 'mail'] });
    given(holdoutDecider, [inSlots])
      .when(define({ slots: ['home', 'mail'] }))
      .thenNothingHappened();
    given(holdoutDecider, [inSlots]).when(define()).then({ definition: holdoutDefined, subject: null, data: holdout });
  });
});

describe('V(purpose)', () => {
  const set = (amountMinor: number, currency = 'JPY') => ({
    kind: 'SetPurposeValue' as const,
    purposeId: 'hair',
    value: { amountMinor, currency },
    reason: 'margin of a year',
    by: 'user:mika',
  });
  const data = (amountMinor: number, valueVersion: number) => ({
    purposeId: 'hair',
    value: { amountMinor, currency: 'JPY' },
    reason: 'margin of a year',
    by: 'user:mika',
    valueVersion,
  });
  const stands = recorded(purposeValueSet, data(4000, 1));

  it('goes from version to version, and said again stays', () => {
    given(purposeValueDecider)
      .when(set(0))
      .then({ definition: purposeValueSet, subject: null, data: data(0, 1) });
    given(purposeValueDecider, [stands, foreign])
      .when(set(5000))
      .then({ definition: purposeValueSet, subject: null, data: data(5000, 2) });
    given(purposeValueDecider, [stands]).when(set(4000)).thenNothingHappened();
  });

  it('is not negative, and of one currency', () => {
    given(purposeValueDecider).when(set(-1)).thenRefused('INVALID_FIELD', 'value.amountMinor');
    given(purposeValueDecider, [stands]).when(set(4000, 'USD')).thenRefused('MIXED_CURRENCY', 'value.currency');
  });
});

describe('the expiry of a decision', () => {
  const [example] = proposalDecided.examples as [ProposalDecided];
  const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
  const decided = { ...example, slot: 'home', decision: 3, expiresAt: '2026-01-09T00:00:00.000Z' };
  const react = (over: Partial<ProposalDecided>) =>
    proposalExpiry.react(recorded(proposalDecided, { ...decided, ...over }, { subject }), undefined, 'proposals-x');

  it('is a timer of its own for each decision that proposed something', () => {
    expect(proposalExpiry.types).toEqual([proposalDecided.type]);
    expect(proposalExpiry.name).toBe('proposal_expiry');
    const proposals = [{ proposalId: `${subject}.home.3.1`, offerId: 'how-to', revision: 1 }];
    expect(react({ proposals })).toEqual([
      {
        kind: 'set-timer',
        timer: 'expiry 3',
        at: '2026-01-09T00:00:00.000Z',
        command: expireDecision.name,
        input: { decisionId: `${subject}.home.3` },
      },
    ]);
    expect(react({ proposals: [] })).toEqual([]);
  });
});
