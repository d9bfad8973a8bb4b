import { askedBy } from '@tsunagari/command';
import type { InteractionRecorded, RequestKind, VoiceRecorded } from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, connectionOf, fromGlobalId, pageOf, toGlobalId } from '@tsunagari/graphql';
import { reachesSubject } from '@tsunagari/projection';
import { type About, readRequest } from './customer.commands';
import type { Resolvers } from './generated/graphql';
import { given, moment, who } from './graphql-input';
import type { FlowKind } from './interaction/flow.decider';
import type { RequestState, RequestStatus } from './request/request.decider';
import type { SubgraphContext } from './subgraph.models';
import { readTask, type TaskState } from './task/task.decider';
import type { TouchpointsPorts } from './touchpoints.subgraph';

type Recorded = CommandRefusedResult | { __typename: 'Recorded'; recordedId: string; position: string; repeated: boolean };

/** What a result says beside its object: how far it appended, and whether it came before. */
export function recorded({ id, result }: About, context: SubgraphContext): Recorded {
  if (result.kind === 'refused') return commandRefused(result.refusal);
  if (result.position !== null) context.appended(result.position);
  return { __typename: 'Recorded', recordedId: id, position: result.position ?? '0', repeated: result.repeated };
}

export function customerResolvers(ports: TouchpointsPorts): Resolvers {
  const { customers: commands, store, requestBoard, worklist, now } = ports;
  const asked = (input: { idempotencyKey: string; expectedVersion?: number | null | undefined }, context: SubgraphContext) =>
    askedBy(input, context, now());

  async function onRequest(about: About, context: SubgraphContext) {
    const said = recorded(about, context);
    if (said.__typename === 'CommandRefused') return said;
    const request = await readRequest(store, about.id);
    if (!request) throw new Error(`request ${about.id} was accepted and cannot be read`);
    return { __typename: 'RequestAnswer' as const, request, position: said.position, repeated: said.repeated };
  }
  async function onTask(about: About, context: SubgraphContext) {
    const said = recorded(about, context);
    if (said.__typename === 'CommandRefused') return said;
    const task = await readTask(store, about.id);
    if (!task) throw new Error(`task ${about.id} was accepted and cannot be read`);
    return { __typename: 'TaskAnswer' as const, task, position: said.position, repeated: said.repeated };
  }

  return {
    Query: {
      async request(_, { requestId }, { principal }) {
        const request = await readRequest(store, requestId);
        return request && (await reachesSubject(ports, principal, request.subject)) ? request : null;
      },
      async requests(_, { status, ...args }) {
        const page = pageOf(args, requestBoard.generation);
        const where = status == null ? {} : { status: status.toLowerCase() };
        const rows = await requestBoard.page({ where, orderBy: 'submitted_at', after: page.after, limit: page.limit });
        const connection = connectionOf(rows, page, requestBoard.cursorOf);
        return {
          ...connection,
          edges: connection.edges.flatMap(({ cursor, node }) => (node.state.request ? [{ cursor, node: node.state.request }] : [])),
          totalCount: await requestBoard.count(where),
        };
      },
      async tasks(_, { owner, done, ...args }) {
        const page = pageOf(args, worklist.generation);
        const where = { done: done ?? false, ...(owner == null ? {} : { owner }) };
        const rows = await worklist.page({ where, orderBy: 'due', after: page.after, limit: page.limit });
        const connection = connectionOf(rows, page, worklist.cursorOf);
        return {
          ...connection,
          edges: connection.edges.flatMap(({ cursor, node }) => (node.state.task ? [{ cursor, node: node.state.task }] : [])),
          totalCount: await worklist.count(where),
        };
      },
    },

    CustomerRequest: {
      async __resolveReference({ id }, { principal }) {
        const request = await readRequest(store, fromGlobalId('CustomerRequest', id));
        return request && (await reachesSubject(ports, principal, request.subject)) ? request : null;
      },
      id: ({ request }) => toGlobalId('CustomerRequest', request.requestId),
      requestId: ({ request }) => request.requestId,
      kind: ({ request }) => request.kind.toUpperCase() as Uppercase<RequestKind>,
      status: ({ status }: RequestState) => status.toUpperCase() as Uppercase<RequestStatus>,
      touchpointId: ({ request }) => request.touchpointId ?? null,
      subscriptionId: ({ request }) => request.subscriptionId ?? null,
    },

    Task: {
      __resolveReference: ({ id }) => readTask(store, fromGlobalId('Task', id)),
      id: ({ task }) => toGlobalId('Task', task.taskId),
      taskId: ({ task }: TaskState) => task.taskId,
      title: ({ task }) => task.title,
      owner: ({ task }) => task.owner,
      due: ({ task }) => task.due,
    },

    Mutation: {
      async issueConnectCodes(_, { input }, context) {
        const { batchId, touchpointId, codes } = input;
        const batch = { batchId, touchpointId, codes: [...codes], ...given({ productId: input.productId }) };
        return recorded(await commands.issueConnectCodes(batch, asked(input, context)), context);
      },
      redeemConnectCode: async (_, { input }, context) =>
        recorded(await commands.redeemConnectCode({ ...who(input), code: input.code }, asked(input, context), context.principal), context),
      async registerProduct(_, { input }, context) {
        const { productId, serial } = input;
        const product = {
          ...who(input),
          productId,
          serial,
          transfer: input.transfer ?? false,
          ...given({ touchpointId: input.touchpointId }),
        };
        return recorded(await commands.registerProduct(product, asked(input, context), context.principal), context);
      },
      async connectCustomer(_, { input }, context) {
        const via = input.via.toLowerCase() as 'sign_up' | 'store' | 'staff';
        const connection = { ...who(input), touchpointId: input.touchpointId, via };
        return recorded(await commands.connectCustomer(connection, asked(input, context), context.principal), context);
      },
      async disconnectCustomer(_, { input }, context) {
        const connection = { ...who(input), touchpointId: input.touchpointId, ...given({ reason: input.reason }) };
        return recorded(await commands.disconnectCustomer(connection, asked(input, context), context.principal), context);
      },
      async recordInteraction(_, { input }, context) {
        const interaction = {
          ...who(input),
          touchpointId: input.touchpointId,
          direction: input.direction.toLowerCase() as InteractionRecorded['direction'],
          initiator: input.initiator.toLowerCase() as InteractionRecorded['initiator'],
          proactive: input.proactive ?? false,
          ...given({ purposeId: input.purposeId, durationS: input.durationS }),
        };
        return recorded(await commands.recordInteraction(interaction, asked(input, context), context.principal), context);
      },
      async recordVoice(_, { input }, context) {
        const { touchpointId, text, purposeId, productId, competitor } = input;
        const kind = input.kind.toLowerCase() as VoiceRecorded['kind'];
        const voice = { ...who(input), touchpointId, kind, text, ...given({ purposeId, productId, competitor }) };
        return recorded(await commands.recordVoice(voice, asked(input, context), context.principal), context);
      },
      async submitSelfAssessment(_, { input }, context) {
        const { touchpointId, purposeId } = input;
        const answers = input.answers.map(({ question, value, unit }) => ({ question, value, unit }));
        const assessment = { ...who(input), touchpointId, purposeId, answers };
        return recorded(await commands.submitSelfAssessment(assessment, asked(input, context), context.principal), context);
      },
      async startFlow(_, { input }, context) {
        const flowKind = input.kind.toLowerCase() as FlowKind;
        const flow = { ...who(input), touchpointId: input.touchpointId, flowKind, ...given({ flowId: input.flowId }) };
        return recorded(await commands.startFlow(flow, asked(input, context), context.principal), context);
      },
      takeFlowStep: async (_, { input }, context) =>
        recorded(
          await commands.takeFlowStep({ flowId: input.flowId, name: input.name }, asked(input, context), context.principal),
          context,
        ),
      async endFlow(_, { input }, context) {
        const outcome = input.outcome === 'COMPLETED' ? ('completed' as const) : ('abandoned' as const);
        return recorded(await commands.endFlow({ flowId: input.flowId, outcome }, asked(input, context), context.principal), context);
      },
      async submitRequest(_, { input }, context) {
        const { requestId, touchpointId, subscriptionId, text } = input;
        const kind = input.kind.toLowerCase() as RequestKind;
        const request = { ...who(input), kind, ...given({ requestId, touchpointId, subscriptionId, text }) };
        return onRequest(await commands.submitRequest(request, asked(input, context), context.principal), context);
      },
      acknowledgeRequest: async (_, { input }, context) =>
        onRequest(await commands.acknowledgeRequest(input.requestId, asked(input, context), context.principal), context),
      async fulfilRequest(_, { input }, context) {
        const done = { requestId: input.requestId, steps: input.steps ?? 1 };
        return onRequest(await commands.fulfilRequest(done, asked(input, context), context.principal), context);
      },
      async rejectRequest(_, { input }, context) {
        const { requestId, ruleRef, reason } = input;
        const rejection = { requestId, ruleRef, reason, ruleIsLegal: input.ruleIsLegal ?? false };
        return onRequest(await commands.rejectRequest(rejection, asked(input, context), context.principal), context);
      },
      withdrawRequest: async (_, { input }, context) =>
        onRequest(await commands.withdrawRequest(input.requestId, asked(input, context), context.principal), context),
      async openTask(_, { input }, context) {
        const about = input.customerId == null ? undefined : fromGlobalId('Customer', input.customerId, 'input.customerId');
        const task = { title: input.title, owner: input.owner, due: moment(input.due), ...given({ taskId: input.taskId, about }) };
        return onTask(await commands.openTask(task, asked(input, context)), context);
      },
      async assignTask(_, { input }, context) {
        const { taskId, owner } = input;
        return onTask(await commands.assignTask({ taskId, owner, due: moment(input.due) }, asked(input, context)), context);
      },
      async completeTask(_, { input }, context) {
        const done = { taskId: input.taskId, ...given({ note: input.note }) };
        return onTask(await commands.completeTask(done, asked(input, context)), context);
      },
    },
  };
}
