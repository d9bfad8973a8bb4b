import { specTouchpoints, user } from '../test-programs/spec-touchpoints';

const { ask, facts, platform, seen } = specTouchpoints();

describe('what customers do and say', () => {
  it('flows are counted from their start to their end or to where she gave up [2.09]', async () => {
    const userId = await seen();
    const flow = await ask('startFlow', { touchpointId: 'member-site', kind: 'CANCEL' }, { userId });
    const flowId = flow.recordedId;
    await ask('takeFlowStep', { flowId, name: 'confirm' }, { userId });
    expect(await ask('endFlow', { flowId, outcome: 'ABANDONED' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('endFlow', { flowId, outcome: 'COMPLETED' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('takeFlowStep', { flowId, name: 'x' }, { userId })).toMatchObject({ code: 'FLOW_ENDED' });
    expect(await ask('endFlow', { flowId, outcome: 'ABANDONED' }, { userId })).toMatchObject({ code: 'FLOW_ENDED' });
    expect(await ask('takeFlowStep', { flowId, name: 'x' }, { userId: await seen() })).toMatchObject({
      code: 'UNKNOWN_FLOW',
      field: 'flowId',
    });
    expect(await ask('startFlow', { touchpointId: 'never', kind: 'CANCEL' }, { userId })).toMatchObject({ code: 'UNKNOWN_TOUCHPOINT' });
  });
  it('are counted on a board: who speaks first, and whether leaving is as easy as joining [2.09]', async () => {
    const board = async (variables: object) =>
      (
        await platform().ask(
          `query B($from: DateTime) { twoWayBoard(from: $from) { reciprocity { value numerator denominator reasonNull class partial definitionVersion interval { from to } }
            cancelParity { steps { reasonNull } completion { numerator denominator n } } } }`,
          variables,
          { role: 'success' },
        )
      ).data.twoWayBoard;
    const before = await board({});
    const at = { touchpointId: 'member-site', customer: user() };
    await ask('recordInteraction', { ...at, direction: 'INBOUND', initiator: 'CUSTOMER' });
    await ask('recordInteraction', { ...at, direction: 'OUTBOUND', initiator: 'COMPANY' });
    const userId = await seen();
    const { recordedId: flowId } = await ask('startFlow', { touchpointId: 'member-site', kind: 'SIGN_UP' }, { userId });
    await ask('endFlow', { flowId, outcome: 'COMPLETED' }, { userId });
    const after = await board({});
    expect(after.reciprocity).toMatchObject({
      numerator: (before.reciprocity.numerator ?? 0) + 1,
      denominator: (before.reciprocity.denominator ?? 0) + 2,
      class: 'PROCESS',
      partial: false,
      definitionVersion: 1,
      interval: null,
    });
    expect(after.cancelParity.completion).toEqual({ numerator: 1, denominator: 1, n: before.cancelParity.completion.n + 1 });
    expect(await board({ from: '2030-01-01T00:00:00Z' })).toMatchObject({ reciprocity: { value: null, reasonNull: 'NO_BASE' } });
  });
  it('interactions, her words and her own assessment are recorded; her words are sealed [1.03] [1.10] [0.10]', async () => {
    const customer = user();
    const at = { touchpointId: 'member-site', customer };
    expect(await ask('recordInteraction', { ...at, direction: 'INBOUND', initiator: 'CUSTOMER' })).toMatchObject({
      __typename: 'Recorded',
    });
    expect(await ask('recordVoice', { ...at, kind: 'TROUBLE', text: '朝、髪が絡まる' })).toMatchObject({ __typename: 'Recorded' });
    const answers = [{ question: 'combs', value: 4, unit: 'points' }];
    expect(await ask('submitSelfAssessment', { ...at, purposeId: 'smooth', answers })).toMatchObject({ __typename: 'Recorded' });
    const { rows } = await platform().deployment.pool.query("select data::text from events where type like '%voice-recorded'");
    expect(JSON.stringify(rows)).not.toContain('絡');
    const before = await facts();
    const elsewhere = { customer, touchpointId: 'never' };
    expect(await ask('recordInteraction', { ...elsewhere, direction: 'INBOUND', initiator: 'STAFF' })).toMatchObject({
      code: 'UNKNOWN_TOUCHPOINT',
    });
    expect(await ask('recordVoice', { ...elsewhere, kind: 'PRAISE', text: 'x' })).toMatchObject({ code: 'UNKNOWN_TOUCHPOINT' });
    expect(await ask('recordVoice', { ...at, kind: 'PRAISE', text: '' })).toMatchObject({ code: 'INVALID_FIELD', field: 'text' });
    expect(await ask('submitSelfAssessment', { ...at, purposeId: 'smooth', answers: [] })).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'answers',
    });
    expect(await facts()).toBe(before);
  });
});
