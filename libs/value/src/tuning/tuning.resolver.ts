import { type Asked, askedBy, type CommandResult } from '@tsunagari/command';
import { answer, fieldsOf, listed, lower, momentOf, toGlobalId, upper } from '@tsunagari/graphql';
import { daysAfter } from '../calendar';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { ValuePorts } from '../value.subgraph';
import type { TuningCycleCommand } from './tuning-cycle.decider';
import { decidesFor, type TuningProcessCommand } from './tuning-process.decider';
import type { TuningCommand } from './tuning.decider';

type Input = { readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };

export function tuningResolvers({ send, readModels, now, load }: ValuePorts): Resolvers {
  const onCycle = async (cycleId: string, context: SubgraphContext, result: CommandResult) =>
    answer(result, context, async (written) => {
      const cycle = await context.loaders.cycle.clear(cycleId).load(cycleId);
      if (!cycle) throw new Error(`tuning cycle ${cycleId} was accepted and cannot be read`);
      context.loaders.tuning.clearAll();
      return { __typename: 'TuningCycleChanged' as const, cycle, ...written };
    });
  const cycle = async (input: Input & { readonly cycleId: string }, context: SubgraphContext, command: TuningCycleCommand, body?: object) =>
    onCycle(input.cycleId, context, await send.cycle(input.cycleId, command, askedBy(input, context, now()), body));
  const tuning = async (
    input: Input & { readonly cycleId: string; readonly tuningId: string },
    context: SubgraphContext,
    command: (asked: Asked) => TuningCommand,
    body: object,
  ) => {
    const asked = askedBy(input, context, now());
    return onCycle(input.cycleId, context, await send.tuning(input.tuningId, command(asked), asked, body));
  };
  const process = async (
    input: Input & { readonly serviceId: string },
    context: SubgraphContext,
    command: TuningProcessCommand,
    body?: object,
  ) => {
    const result = await send.process(input.serviceId, command, askedBy(input, context, now()), body);
    return answer(result, context, async (written) => {
      const changed = await context.loaders.process.clear(input.serviceId).load(input.serviceId);
      if (!changed) throw new Error(`tuning process ${input.serviceId} was accepted and cannot be read`);
      return { __typename: 'TuningProcessChanged' as const, process: changed, ...written };
    });
  };

  return {
    Query: {
      tuningCycle: (_, { cycleId }, context) => context.loaders.cycle.load(cycleId),
      tuningBoard: (_, { serviceId, open, overdue, ...args }, context) =>
        listed(readModels.cycles, context.loaders.cycle, args, {
          orderBy: 'due_by',
          where: {
            ...(serviceId == null ? {} : { service: serviceId }),
            ...(open == null ? {} : { open }),
            ...(overdue == null ? {} : { overdue }),
          },
        }),
    },

    TuningProcess: {
      id: ({ id }) => toGlobalId('TuningProcess', id),
      service: ({ serviceId }, _, context) => context.loaders.service.load(serviceId),
    },

    TuningCycle: {
      id: ({ id }) => toGlobalId('TuningCycle', id),
      service: ({ serviceId }, _, context) => context.loaders.service.load(serviceId),
      roles: ({ roles }) => roles.map(({ role, staff }) => ({ role: upper(role), staff })),
      async tunings({ tunings }, _, context) {
        const applied = await context.loaders.tuning.loadMany(tunings.map(({ tuningId }) => tuningId));
        return tunings.map((one, n) => {
          const own = applied[n];
          if (own instanceof Error) throw own;
          return {
            ...one,
            target: upper(one.target),
            decision: one.decision && {
              ...one.decision,
              decision: upper(one.decision.decision),
              criteriaResults: one.decision.criteriaResults.map(({ criterion, met, note }) => ({ criterion, met, note: note ?? null })),
            },
            applied: own
              ? {
                  appliedAt: own.appliedAt,
                  changeIds: own.changeIds,
                  observeUntil: own.observeUntil,
                  effect: own.evaluation?.effect ?? null,
                  interval: own.evaluation?.interval ?? null,
                  hit: own.evaluation?.hit ?? null,
                }
              : null,
          };
        });
      },
    },

    Mutation: {
      async defineTuningProcess(_, { input }, context) {
        const body = { kind: 'DefineTuningProcess' as const, ...fieldsOf(input) };
        return process(input, context, { ...body, serviceExists: (await load.service(input.serviceId)) !== null }, body);
      },
      delegateTuningDecision(_, { input }, context) {
        const body = { kind: 'DelegateTuningDecision' as const, serviceId: input.serviceId, to: input.to, until: momentOf(input.until) };
        return process(input, context, { ...body, by: context.principal.actor, at: now() }, body);
      },
      recordTuningFinding: (_, { input }, context) =>
        cycle(input, context, {
          kind: 'RecordTuningFinding',
          ...fieldsOf(input),
          evidenceIds: input.evidenceIds ?? [],
          metricSnapshot: (input.metricSnapshot ?? []).map(({ metric, value, asOf }) => ({
            metric,
            value: value ?? null,
            asOf: momentOf(asOf),
          })),
        }),
      proposeTuning: (_, { input }, context) =>
        cycle(input, context, { kind: 'ProposeTuning', ...fieldsOf(input), target: lower(input.target) }),
      async decideTuning(_, { input }, context) {
        const { actor } = context.principal;
        const body = {
          kind: 'DecideTuning' as const,
          ...fieldsOf(input),
          decision: lower(input.decision),
          criteriaResults: input.criteriaResults.map(fieldsOf),
        };
        const of = await load.cycle(input.cycleId);
        const owner = of && (await load.process(of.serviceId));
        const mayDecide = owner !== null && decidesFor(owner, actor, now());
        return cycle(input, context, { ...body, decidedBy: actor, mayDecide, process: owner }, body);
      },
      async applyTuning(_, { input }, context) {
        const { cycleId, tuningId, changeIds } = input;
        const of = await load.cycle(cycleId);
        const decided = of?.tunings.find((one) => one.tuningId === tuningId);
        const body = { kind: 'ApplyTuning' as const, cycleId, tuningId, changeIds };
        return tuning(
          input,
          context,
          ({ at }) => ({
            ...body,
            serviceId: of?.serviceId ?? '',
            observeUntil: daysAfter(at, decided?.observationDays ?? 0),
            adopted: decided?.decision?.decision === 'adopt',
          }),
          body,
        );
      },
      evaluateTuning(_, { input }, context) {
        const { tuningId, effect, from, to } = input;
        const body = { kind: 'EvaluateTuning' as const, tuningId, effect, interval: [from, to] as const };
        return tuning(input, context, ({ at }) => ({ ...body, at }), body);
      },
      assignTuningRole: (_, { input }, context) =>
        cycle(input, context, { kind: 'AssignTuningRole', ...fieldsOf(input), role: lower(input.role) }),
      closeTuningCycle: (_, { input }, context) => cycle(input, context, { kind: 'CloseTuningCycle', cycleId: input.cycleId }),
    },
  };
}
