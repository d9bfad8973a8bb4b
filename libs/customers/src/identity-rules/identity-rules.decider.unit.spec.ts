import { identityRulesChanged } from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { identityRulesDecider, type WishedRules } from './identity-rules.decider';

const by = 'user:ops';
const plain = { windows: {}, priority: [] };
const change = (limits: object, clusterLimit = 50, more: Partial<WishedRules> = {}) =>
  ({ kind: 'ChangeIdentityRules', limits, ...plain, ...more, clusterLimit, by }) as const;
const inForce = recorded(identityRulesChanged, { version: 4, limits: { email: 2, card: 3 }, ...plain, clusterLimit: 20, by });

describe('changing the rules of identity', () => {
  it('is a version of its own: the platform’s are the first', () => {
    given(identityRulesDecider)
      .when(change({ email: 3 }))
      .then({
        definition: identityRulesChanged,
        subject: null,
        data: { version: 2, limits: { email: 3 }, ...plain, clusterLimit: 50, by },
      });
    given(identityRulesDecider, [inForce])
      .when(change({ email: 3 }, 30))
      .then({
        definition: identityRulesChanged,
        subject: null,
        data: { version: 5, limits: { email: 3 }, ...plain, clusterLimit: 30, by },
      });
  });
  it('to what they are changes nothing', () => {
    given(identityRulesDecider, [inForce])
      .when(change({ card: 3, email: 2 }, 20))
      .thenNothingHappened();
  });
  it('is a change where only a window or the priority is another', () => {
    for (const more of [{ windows: { email: 30 } }, { priority: ['user_id' as const, 'email' as const] }])
      given(identityRulesDecider, [inForce])
        .when(change({ card: 3, email: 2 }, 20, more))
        .then({
          definition: identityRulesChanged,
          subject: null,
          data: { version: 5, limits: { card: 3, email: 2 }, ...plain, ...more, clusterLimit: 20, by },
        });
  });
  it('is refused where one type may have more identifiers than the whole customer', () => {
    given(identityRulesDecider)
      .when(change({ email: 12 }, 10))
      .thenRefused('INVALID_FIELD', 'limits.email');
  });
});
