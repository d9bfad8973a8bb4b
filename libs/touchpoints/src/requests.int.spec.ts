import { type Asking, fresh, specTouchpoints, user } from '../test-programs/spec-touchpoints';

const { ask, platform, seen } = specTouchpoints();

describe('requests and tasks', () => {
  const submit = async (kind: string, asking: Asking = {}, over: object = {}) =>
    (await ask('submitRequest', { kind, ...(asking.userId === undefined ? { customer: user() } : {}), ...over }, asking)).request
      .requestId as string;

  it('a request goes from asking to its end, on the board the oldest first', async () => {
    const userId = await seen();
    const requestId = await submit('COMPLAINT', { userId }, { text: 'ポンプが壊れていた', touchpointId: 'member-site' });
    expect(await ask('acknowledgeRequest', { requestId })).toMatchObject({ request: { status: 'ACKNOWLEDGED' } });
    expect(await ask('fulfilRequest', { requestId, steps: 2 })).toMatchObject({ request: { status: 'FULFILLED' } });
    expect(await ask('withdrawRequest', { requestId }, { userId })).toMatchObject({ code: 'REQUEST_CLOSED', field: 'requestId' });
    const open = await submit('QUESTION', { userId });
    await platform().caughtUp();
    const { data } = await platform().ask('{ requests(status: SUBMITTED, first: 50) { totalCount edges { node { requestId kind } } } }');
    expect(data.requests.edges.map(({ node }: { node: { requestId: string } }) => node.requestId)).toContain(open);
    expect(await ask('withdrawRequest', { requestId: open }, { userId: await seen() })).toMatchObject({ code: 'UNKNOWN_REQUEST' });
    expect(await ask('withdrawRequest', { requestId: open }, { userId })).toMatchObject({ request: { status: 'WITHDRAWN' } });
  });

  it('a cancellation is never rejected, an erasure by a rule of law only [2.09]', async () => {
    const rejection = { ruleRef: 'shop rule 7', reason: 'x' };
    expect(await ask('rejectRequest', { requestId: await submit('CANCEL'), ...rejection, ruleIsLegal: true })).toMatchObject({
      code: 'CANCEL_NEVER_REJECTED',
    });
    const requestId = await submit('ERASURE');
    expect(await ask('rejectRequest', { requestId, ...rejection })).toMatchObject({ code: 'ERASURE_NEEDS_LEGAL_RULE', field: 'ruleRef' });
    expect(await ask('rejectRequest', { requestId, ...rejection, ruleRef: 'GDPR Art. 17(3)(b)', ruleIsLegal: true })).toMatchObject({
      request: { status: 'REJECTED', ruleRef: 'GDPR Art. 17(3)(b)' },
    });
    expect(await ask('fulfilRequest', { requestId })).toMatchObject({ code: 'REQUEST_CLOSED' });
    expect(await ask('acknowledgeRequest', { requestId })).toMatchObject({ code: 'REQUEST_CLOSED' });
    expect(await ask('submitRequest', { requestId, kind: 'QUESTION', customer: user() })).toMatchObject({ code: 'REQUEST_EXISTS' });
    expect(await ask('submitRequest', { kind: 'QUESTION', customer: user(), touchpointId: 'never' })).toMatchObject({
      code: 'UNKNOWN_TOUCHPOINT',
    });
    expect(await ask('acknowledgeRequest', { requestId: 'never' })).toMatchObject({ code: 'UNKNOWN_REQUEST' });
  });

  it('a cancellation stands on the board, wherever it was asked for, until it takes effect or is undone [2.09]', async () => {
    const { ask: graph } = platform();
    const mutate = async (type: string, mutation: string, input: object) => {
      const shown = type.includes('Plan') ? '' : '... on SubscriptionAnswer { subscription { subscriptionId } }';
      const query = `mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename ${shown} } }`;
      return (await graph(query, { input: { idempotencyKey: fresh('key'), ...input } })).data[mutation];
    };
    const planId = fresh('plan');
    const plan = { planId, family: planId, name: { ja: 'x', en: 'x' }, price: { amountMinor: '1', currency: 'JPY' }, interval: 'MONTH' };
    await mutate('DefinePlanInput', 'definePlan', plan);
    await mutate('PublishPlanInput', 'publishPlan', { planId, planVersion: 1 });
    const { subscription } = await mutate('StartSubscriptionInput', 'activateSubscription', { planId, customer: user() });
    const { subscriptionId } = subscription;
    const board = async () => {
      await platform().caughtUp();
      const { data } = await graph('{ requests(first: 100) { edges { node { kind status subscriptionId } } } }');
      return data.requests.edges.flatMap(({ node }: { node: { subscriptionId: string; kind: string; status: string } }) =>
        node.subscriptionId === subscriptionId ? [`${node.kind} ${node.status}`] : [],
      );
    };
    await mutate('CancelSubscriptionInput', 'cancelSubscription', { subscriptionId });
    expect(await board()).toEqual(['CANCEL SUBMITTED']);
    await mutate('UndoCancellationInput', 'undoCancellation', { subscriptionId });
    expect(await board()).toEqual(['CANCEL WITHDRAWN']);
    await mutate('CancelSubscriptionInput', 'cancelSubscription', { subscriptionId });
    await mutate('RecordPaymentFailureInput', 'recordPaymentFailure', { subscriptionId, attempt: 3, final: true });
    expect((await board()).sort()).toEqual(['CANCEL FULFILLED', 'CANCEL WITHDRAWN']);
  });

  it('tasks have an owner, a day, and an end', async () => {
    const { task } = await ask('openTask', { title: 'Call her', owner: 'user:mika', due: '2026-01-05T00:00:00Z' });
    const { taskId } = task;
    expect(await ask('assignTask', { taskId, owner: 'user:ken', due: '2026-01-06T00:00:00Z' })).toMatchObject({
      task: { owner: 'user:ken' },
    });
    await platform().caughtUp();
    const { data } = await platform().ask('{ tasks(owner: "user:ken") { totalCount edges { node { taskId } } } }');
    expect(data.tasks).toEqual({ totalCount: 1, edges: [{ node: { taskId } }] });
    expect(await ask('completeTask', { taskId, note: 'done' })).toMatchObject({ task: { doneBy: 'user:a-admin' } });
    expect(await ask('assignTask', { taskId, owner: 'user:mika', due: '2026-01-07T00:00:00Z' })).toMatchObject({ code: 'TASK_DONE' });
    expect(await ask('openTask', { taskId, title: 'x', owner: 'y', due: '2026-01-05T00:00:00Z' })).toMatchObject({ code: 'TASK_EXISTS' });
    expect(await ask('completeTask', { taskId: 'never' })).toMatchObject({ code: 'UNKNOWN_TASK' });
    expect(await ask('openTask', { taskId: 'no id', title: 'x', owner: 'y', due: '2026-01-05T00:00:00Z' })).toMatchObject({
      code: 'INVALID_FIELD',
    });
  });
});
