import type { Role } from '@tsunagari/access';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

let made = 0;
export const fresh = (word: string): string => `${word}-${++made}`;
export const user = (value = fresh('u')) => ({ type: 'USER_ID', value });
export const email = (value = `${fresh('mail')}@example.com`) => ({ type: 'EMAIL', value });

const ANSWER: Readonly<Record<string, string>> = {
  TouchpointAnswer: '... on TouchpointAnswer { touchpoint { status persona { ja } } }',
  RequestAnswer: '... on RequestAnswer { repeated request { requestId status kind ruleRef version } }',
  TaskAnswer: '... on TaskAnswer { task { taskId owner doneBy due } }',
  MessageAnswer: '... on MessageAnswer { message { messageId status language rule } }',
  Recorded: '... on Recorded { recordedId repeated }',
};
const KIND: Readonly<Record<string, readonly [input: string, answer: string]>> = {
  registerTouchpoint: ['RegisterTouchpointInput', 'TouchpointAnswer'],
  pauseTouchpoint: ['CloseTouchpointInput', 'TouchpointAnswer'],
  retireTouchpoint: ['CloseTouchpointInput', 'TouchpointAnswer'],
  resumeTouchpoint: ['TouchpointInput', 'TouchpointAnswer'],
  defineVoicePersona: ['DefineVoicePersonaInput', 'TouchpointAnswer'],
  submitRequest: ['SubmitRequestInput', 'RequestAnswer'],
  acknowledgeRequest: ['RequestInput', 'RequestAnswer'],
  fulfilRequest: ['FulfilRequestInput', 'RequestAnswer'],
  rejectRequest: ['RejectRequestInput', 'RequestAnswer'],
  withdrawRequest: ['RequestInput', 'RequestAnswer'],
  openTask: ['OpenTaskInput', 'TaskAnswer'],
  assignTask: ['AssignTaskInput', 'TaskAnswer'],
  completeTask: ['CompleteTaskInput', 'TaskAnswer'],
  queueMessage: ['QueueMessageInput', 'MessageAnswer'],
  cancelMessage: ['CancelMessageInput', 'MessageAnswer'],
  recordDelivery: ['RecordDeliveryInput', 'MessageAnswer'],
  sendTestMessage: ['SendTestMessageInput', 'MessageAnswer'],
};
/** The input type of a mutation, and the type of its answer. */
export const kindOf = (mutation: string) =>
  KIND[mutation] ?? ([`${mutation[0]?.toUpperCase() ?? ''}${mutation.slice(1)}Input`, 'Recorded'] as const);

export type Asking = { readonly role?: Role; readonly userId?: string };

/** For the specs of touchpoints: a platform from the first of their tests to the last, with a member site to join and leave at. */
export function specTouchpoints() {
  let running: PlatformUnderTest;
  beforeAll(async () => {
    running = await platformUnderTest();
    await register('member-site', { selfService: ['SIGN_UP', 'CANCEL'] });
  });
  afterAll(() => running.stop());

  const ask = async (mutation: string, input: object, asking: Asking = {}) => {
    const [type, answer] = kindOf(mutation);
    const { data, errors } = await running.ask(
      `mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename ${ANSWER[answer]} ... on CommandRefused { code field rule } } }`,
      { input: { idempotencyKey: fresh('key'), ...input } },
      asking,
    );
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data[mutation];
  };
  async function register(touchpointId: string, over: object = {}) {
    const name = { ja: '場所', en: 'A place' };
    return ask('registerTouchpoint', { touchpointId, name, kind: 'WEB', direction: 'TWO_WAY', online: true, ...over });
  }
  return {
    platform: () => running,
    ask,
    register,
    /** How many facts there are but those that follow by themselves: her dissatisfaction becomes a task some time later. */
    async facts(): Promise<string> {
      const counted = await running.deployment.pool.query<{ n: string }>("select count(*) as n from events where type not like '%.task-%'");
      return counted.rows[0]?.n ?? '';
    },
    async seen(userId = fresh('u')): Promise<string> {
      await running.send('/v1/identify', { userId, messageId: fresh('m') });
      return userId;
    },
  };
}
