import type { Principal } from '@tsunagari/access';
import {
  type Asked,
  type CommandPath,
  type CommandResult,
  type Decider,
  envelopeOf,
  type NamedIdentifier,
  speaker,
} from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type Refusal, type RequestKind, type StreamCategory } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId, type Keyring } from '@tsunagari/privacy';
import { authorityGroupsOf, type IdentityReader, reachesSubject } from '@tsunagari/projection';
import { createHash } from 'node:crypto';
import { codeDecider, connectionDecider, productDecider } from './connection/connection.decider';
import { flowDecider, type FlowCommand, type FlowKind } from './interaction/flow.decider';
import { type InteractionCommand, interactionDecider } from './interaction/interaction.decider';
import { type RequestCommand, requestDecider, type RequestState } from './request/request.decider';
import { taskDecider, type TaskCommand } from './task/task.decider';
import { readTouchpoint } from './touchpoint/touchpoint.commands';
import type {
  InteractionRecorded,
  RequestSubmitted,
  SelfAssessmentSubmitted,
  TaskAssigned,
  TaskOpened,
  VoiceRecorded,
} from '@tsunagari/contracts';

/** The result, and the id of what it is about. */
export type About = { readonly id: string; readonly result: CommandResult };

type Of = { readonly customer?: NamedIdentifier };

export type CustomerCommandPorts = {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly journal: Journal;
  readonly keyring: Keyring;
  readonly identity: IdentityReader;
};

/** A code as a customer types it: neither case nor dashes and blanks count. */
export function codeHash(code: string): string {
  return createHash('sha256').update(code.toUpperCase().replaceAll(/[\s-]/g, '')).digest('hex');
}

/** What customers, and the brand for them, do at touchpoints; and the worklist that comes of it. */
export function customerCommands(ports: CustomerCommandPorts) {
  const { path, store } = ports;

  const execute = <C, S>(
    decider: Decider<C, S>,
    category: StreamCategory,
    id: string,
    command: C,
    body: object,
    asked: Asked,
    prepare?: () => Promise<Refusal | undefined>,
  ): Promise<CommandResult> =>
    path.execute(decider, {
      stream: streamName(category, id),
      command,
      body,
      ...envelopeOf(asked, 'touchpoints'),
      ...(prepare ? { prepare } : {}),
    });

  const refused = (id: string, value: Refusal): About => ({ id, result: { kind: 'refused', refusal: value } });
  const knownTouchpoint = async (touchpointId: string | undefined): Promise<Refusal | undefined> =>
    touchpointId === undefined || (await readTouchpoint(store, touchpointId))
      ? undefined
      : refusal('UNKNOWN_TOUCHPOINT', 'touchpointId', 'the touchpoint is one that was registered', 'register it first');
  const ownId = (given: string | undefined, asked: Asked): string => given ?? commandFactId(asked.idempotencyKey, 0);
  const brokenId = (field: string, id: string): Refusal | undefined =>
    brandIdSchema.safeParse(id).success
      ? undefined
      : refusal('INVALID_FIELD', field, 'an id has 1 to 100 letters, digits, dots, dashes and underscores');

  async function interact(
    kind: InteractionCommand['kind'],
    input: Of & { readonly touchpointId: string },
    field: string,
    data: object & Record<string, unknown>,
    asked: Asked,
    principal: Principal,
  ): Promise<About> {
    const id = String(data[field]);
    const broken = brokenId(field, id) ?? (await knownTouchpoint(input.touchpointId));
    if (broken) return refused(id, broken);
    const who = await speaker(ports, input.customer, principal, asked, 'touchpoints');
    if (who.kind === 'refused') return refused(id, who.refusal);
    const command = { kind, subject: who.subject, data } as InteractionCommand;
    return {
      id,
      result: await execute(interactionDecider, 'interaction', who.subject, command, { command: kind, ...input }, asked, who.prepare),
    };
  }

  async function flowOf(flowId: string) {
    if (!brandIdSchema.safeParse(flowId).success) return null;
    const stream = await store.readStream(streamName('flow', flowId));
    return stream.kind === 'open' ? stream.facts.reduce(flowDecider.evolve, flowDecider.initial) : null;
  }

  async function onFlow(flowId: string, command: FlowCommand, asked: Asked, principal: Principal): Promise<About> {
    const flow = await flowOf(flowId);
    if (!flow || !(await reachesSubject(ports, principal, flow.subject)))
      return refused(flowId, refusal('UNKNOWN_FLOW', 'flowId', 'the flow is one that was started'));
    return { id: flowId, result: await execute(flowDecider, 'flow', flowId, command, { ...command, at: undefined }, asked) };
  }

  async function onRequest(requestId: string, command: RequestCommand, asked: Asked, principal: Principal): Promise<About> {
    const request = await readRequest(store, requestId);
    if (!request || !(await reachesSubject(ports, principal, request.subject)))
      return refused(requestId, refusal('UNKNOWN_REQUEST', 'requestId', 'the request is one that was submitted'));
    return {
      id: requestId,
      result: await execute(requestDecider, 'request', requestId, command, { ...command, at: undefined, by: undefined }, asked),
    };
  }

  const onTask = async (taskId: string, command: TaskCommand, asked: Asked): Promise<About> => {
    const broken = brokenId('taskId', taskId);
    if (broken) return refused(taskId, broken);
    return { id: taskId, result: await execute(taskDecider, 'task', taskId, command, { ...command }, asked) };
  };

  async function connect(
    subject: string,
    touchpointId: string,
    via: 'connect_code' | 'product',
    asked: Asked,
    code?: string,
  ): Promise<CommandResult> {
    const data = { touchpointId, via, ...(code === undefined ? {} : { code }) };
    const { expectedVersion: _, ...again } = asked;
    return execute(
      connectionDecider,
      'connection',
      subject,
      { kind: 'ConnectCustomer', subject, ...data },
      { kind: 'ConnectCustomer', ...data },
      {
        ...again,
        idempotencyKey: `${asked.idempotencyKey}/connect`,
      },
    );
  }

  return {
    /** At most 500 at once; a code that stands stays as it was. */
    async issueConnectCodes(
      input: { readonly batchId: string; readonly touchpointId: string; readonly productId?: string; readonly codes: readonly string[] },
      asked: Asked,
    ): Promise<About> {
      const { codes, ...batch } = input;
      const broken = brokenId('batchId', input.batchId) ?? (await knownTouchpoint(input.touchpointId));
      if (broken) return refused(input.batchId, broken);
      if (codes.length === 0 || codes.length > 500)
        return refused(input.batchId, refusal('INVALID_FIELD', 'codes', 'between 1 and 500 codes are issued at once'));
      const short = codes.findIndex((code) => code.replaceAll(/[\s-]/g, '').length < 8);
      if (short >= 0)
        return refused(
          input.batchId,
          refusal('INVALID_FIELD', `codes.${short}`, 'a code that nobody guesses has at least 8 letters and digits'),
        );
      const results = await Promise.all(
        codes.map((text, n) => {
          const code = codeHash(text);
          const command = { kind: 'IssueConnectCode', code, ...batch } as const;
          return execute(codeDecider, 'connectCode', code, command, command, { ...asked, idempotencyKey: `${asked.idempotencyKey}/${n}` });
        }),
      );
      const failed = results.find(({ kind }) => kind === 'refused') ?? results.at(-1);
      return failed ? { id: input.batchId, result: failed } : refused(input.batchId, refusal('INVALID_FIELD', 'codes', 'no code'));
    },

    /** The code first, then the connection: whoever asks again after a failure between the two is connected. */
    async redeemConnectCode(input: Of & { readonly code: string }, asked: Asked, principal: Principal): Promise<About> {
      const code = codeHash(input.code);
      const who = await speaker(ports, input.customer, principal, asked, 'touchpoints');
      if (who.kind === 'refused') return refused(code, who.refusal);
      const { subject } = who;
      const command = { kind: 'RedeemConnectCode', subject } as const;
      const result = await execute(codeDecider, 'connectCode', code, command, { kind: command.kind, ...input }, asked, who.prepare);
      if (result.kind === 'refused') return { id: code, result };
      const stream = await store.readStream(streamName('connectCode', code));
      const { issued } = stream.kind === 'open' ? stream.facts.reduce(codeDecider.evolve, codeDecider.initial) : codeDecider.initial;
      const connected = await connect(subject, issued?.touchpointId ?? '', 'connect_code', asked, code);
      return { id: code, result: connected.kind === 'refused' ? connected : result };
    },

    async registerProduct(
      input: Of & { readonly productId: string; readonly serial: string; readonly touchpointId?: string; readonly transfer: boolean },
      asked: Asked,
      principal: Principal,
    ): Promise<About> {
      const id = `${input.productId}/${input.serial}`;
      const broken =
        brokenId('productId', input.productId) ?? brokenId('serial', input.serial) ?? (await knownTouchpoint(input.touchpointId));
      if (broken) return refused(id, broken);
      const who = await speaker(ports, input.customer, principal, asked, 'touchpoints');
      if (who.kind === 'refused') return refused(id, who.refusal);
      const { subject } = who;
      const own = (await authorityGroupsOf(ports, [subject])).get(subject) ?? [subject];
      const { customer: _, ...product } = input;
      // Only the brand can hand a thing on for somebody: a customer would take it.
      const transfer = input.transfer && principal.kind === 'staff';
      const command = { kind: 'RegisterProduct', subject, own, ...product, transfer } as const;
      const result = await execute(productDecider, 'product', id, command, { kind: command.kind, ...input }, asked, who.prepare);
      if (result.kind === 'refused' || input.touchpointId === undefined) return { id, result };
      const connected = await connect(subject, input.touchpointId, 'product', asked);
      return { id, result: connected.kind === 'refused' ? connected : result };
    },

    async connectCustomer(
      input: Of & { readonly touchpointId: string; readonly via: 'sign_up' | 'store' | 'staff' },
      asked: Asked,
      principal: Principal,
    ): Promise<About> {
      const broken = await knownTouchpoint(input.touchpointId);
      if (broken) return refused(input.touchpointId, broken);
      const who = await speaker(ports, input.customer, principal, asked, 'touchpoints');
      if (who.kind === 'refused') return refused(input.touchpointId, who.refusal);
      const { touchpointId, via } = input;
      const command = { kind: 'ConnectCustomer', subject: who.subject, touchpointId, via } as const;
      return {
        id: touchpointId,
        result: await execute(connectionDecider, 'connection', who.subject, command, { kind: command.kind, ...input }, asked, who.prepare),
      };
    },

    async disconnectCustomer(
      input: Of & { readonly touchpointId: string; readonly reason?: string },
      asked: Asked,
      principal: Principal,
    ): Promise<About> {
      const who = await speaker(ports, input.customer, principal, asked, 'touchpoints');
      if (who.kind === 'refused') return refused(input.touchpointId, who.refusal);
      const { customer: _, ...rest } = input;
      const by = principal.kind === 'customer' ? ('customer' as const) : ('company' as const);
      const command = { kind: 'DisconnectCustomer', subject: who.subject, ...rest, by } as const;
      return {
        id: input.touchpointId,
        result: await execute(connectionDecider, 'connection', who.subject, command, { kind: command.kind, ...input }, asked),
      };
    },

    recordInteraction: (
      input: Of & Omit<InteractionRecorded, 'interactionId'> & { readonly interactionId?: string },
      asked: Asked,
      by: Principal,
    ) => {
      const { customer: _, ...data } = input;
      return interact(
        'RecordInteraction',
        input,
        'interactionId',
        { ...data, interactionId: ownId(input.interactionId, asked) },
        asked,
        by,
      );
    },
    recordVoice: (input: Of & Omit<VoiceRecorded, 'voiceId'>, asked: Asked, by: Principal) => {
      const { customer: _, ...data } = input;
      return interact('RecordVoice', input, 'voiceId', { ...data, voiceId: ownId(undefined, asked) }, asked, by);
    },
    submitSelfAssessment: (input: Of & Omit<SelfAssessmentSubmitted, 'assessmentId'>, asked: Asked, by: Principal) => {
      const { customer: _, ...data } = input;
      return interact('SubmitSelfAssessment', input, 'assessmentId', { ...data, assessmentId: ownId(undefined, asked) }, asked, by);
    },

    async startFlow(
      input: Of & { readonly flowId?: string; readonly touchpointId: string; readonly flowKind: FlowKind },
      asked: Asked,
      principal: Principal,
    ): Promise<About> {
      const flowId = ownId(input.flowId, asked);
      const broken = brokenId('flowId', flowId) ?? (await knownTouchpoint(input.touchpointId));
      if (broken) return refused(flowId, broken);
      const who = await speaker(ports, input.customer, principal, asked, 'touchpoints');
      if (who.kind === 'refused') return refused(flowId, who.refusal);
      const command = {
        kind: 'StartFlow',
        flowId,
        subject: who.subject,
        touchpointId: input.touchpointId,
        flowKind: input.flowKind,
        at: asked.at,
      } as const;
      return {
        id: flowId,
        result: await execute(flowDecider, 'flow', flowId, command, { kind: 'StartFlow', ...input }, asked, who.prepare),
      };
    },
    takeFlowStep: (input: { readonly flowId: string; readonly name: string }, asked: Asked, by: Principal) =>
      onFlow(input.flowId, { kind: 'TakeFlowStep', ...input, at: asked.at }, asked, by),
    endFlow: (input: { readonly flowId: string; readonly outcome: 'completed' | 'abandoned' }, asked: Asked, by: Principal) =>
      onFlow(input.flowId, { kind: 'EndFlow', ...input, at: asked.at }, asked, by),

    async submitRequest(
      input: Of & { readonly requestId?: string } & Omit<RequestSubmitted, 'requestId'>,
      asked: Asked,
      principal: Principal,
    ): Promise<About> {
      const { customer, requestId: given, ...request } = input;
      const requestId = ownId(given, asked);
      const broken = brokenId('requestId', requestId) ?? (await knownTouchpoint(input.touchpointId));
      if (broken) return refused(requestId, broken);
      const who = await speaker(ports, customer, principal, asked, 'touchpoints');
      if (who.kind === 'refused') return refused(requestId, who.refusal);
      const command = { kind: 'SubmitRequest', requestId, subject: who.subject, request, by: asked.by, at: asked.at } as const;
      return {
        id: requestId,
        result: await execute(requestDecider, 'request', requestId, command, { command: 'SubmitRequest', ...input }, asked, who.prepare),
      };
    },
    /** By a reactor: what she did elsewhere stands on the board too. */
    fileRequest: (
      input: { readonly requestId: string; readonly subject: string; readonly kind: RequestKind; readonly subscriptionId: string },
      asked: Asked,
    ): Promise<CommandResult> => {
      const { requestId, subject, ...request } = input;
      const command = { kind: 'SubmitRequest', requestId, subject, request, by: asked.by, at: asked.at } as const;
      return execute(requestDecider, 'request', requestId, command, { command: 'FileRequest', ...input }, asked);
    },
    closeRequest: ({ requestId, outcome }: { readonly requestId: string; readonly outcome: 'fulfilled' | 'withdrawn' }, asked: Asked) => {
      const about = { requestId, by: asked.by, at: asked.at };
      const command: RequestCommand =
        outcome === 'fulfilled' ? { kind: 'FulfilRequest', steps: 1, ...about } : { kind: 'WithdrawRequest', ...about };
      return execute(requestDecider, 'request', requestId, command, { command: 'CloseRequest', requestId, outcome }, asked);
    },
    acknowledgeRequest: (requestId: string, asked: Asked, by: Principal) =>
      onRequest(requestId, { kind: 'AcknowledgeRequest', requestId, by: asked.by, at: asked.at }, asked, by),
    fulfilRequest: (input: { readonly requestId: string; readonly steps: number }, asked: Asked, by: Principal) =>
      onRequest(input.requestId, { kind: 'FulfilRequest', ...input, by: asked.by, at: asked.at }, asked, by),
    rejectRequest: (
      input: { readonly requestId: string; readonly ruleRef: string; readonly reason: string; readonly ruleIsLegal: boolean },
      asked: Asked,
      by: Principal,
    ) => onRequest(input.requestId, { kind: 'RejectRequest', ...input, by: asked.by, at: asked.at }, asked, by),
    withdrawRequest: (requestId: string, asked: Asked, by: Principal) =>
      onRequest(requestId, { kind: 'WithdrawRequest', requestId, by: asked.by, at: asked.at }, asked, by),

    openTask: (input: Omit<TaskOpened, 'taskId'> & { readonly taskId?: string }, asked: Asked) => {
      const taskId = ownId(input.taskId, asked);
      return onTask(taskId, { kind: 'OpenTask', ...input, taskId }, asked);
    },
    assignTask: (input: TaskAssigned, asked: Asked) => onTask(input.taskId, { kind: 'AssignTask', ...input }, asked),
    completeTask: (input: { readonly taskId: string; readonly note?: string }, asked: Asked) =>
      onTask(input.taskId, { kind: 'CompleteTask', ...input, by: asked.by }, asked),
  };
}

export type CustomerCommands = ReturnType<typeof customerCommands>;

/** Read where it was decided. Null for one that nobody submitted. */
export async function readRequest(store: EventStore, requestId: string): Promise<RequestState | null> {
  if (!brandIdSchema.safeParse(requestId).success) return null;
  const stream = await store.readStream(streamName('request', requestId));
  return stream.kind === 'open' ? stream.facts.reduce(requestDecider.evolve, requestDecider.initial) : null;
}
