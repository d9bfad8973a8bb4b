import { defaultIdentityRules } from '@tsunagari/identity';
import { rulesOfRow } from './identity-facts';

describe('the rules as a row keeps them', () => {
  it('of an older release count for ever and rank no type', () => {
    const kept = { version: 2, limits: { user_id: 1, email: 2 }, clusterLimit: 30 };
    expect(rulesOfRow({ rules: kept })).toEqual({ ...kept, windows: {}, priority: [] });
  });

  it('are those of the platform while nobody changed them', () => {
    for (const row of [undefined, { rules: null }]) expect(rulesOfRow(row)).toEqual(defaultIdentityRules);
  });
});
