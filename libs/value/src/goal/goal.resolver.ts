import { type Asked, askedBy, type CommandResult } from '@tsunagari/command';
import { type IdentifierType, isRedacted, isSealed, refusal } from '@tsunagari/contracts';
import { answer, fieldsOf, fromGlobalId, lower, momentOf, toGlobalId, upper } from '@tsunagari/graphql';
import { reachesSubject } from '@tsunagari/projection';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { ValuePorts } from '../value.subgraph';
import type { GoalCommand } from './goal.decider';
import { isOpen } from './goal.state';

type Input = { readonly goalId: string; readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };

export function goalResolvers(ports: ValuePorts): Resolvers {
  const { send, now, load, goals, keyring } = ports;
  const unknown = refusal('UNKNOWN_GOAL', 'goalId', 'no such goal was declared', 'declare it first');

  const changed = (goalId: string, result: CommandResult, context: SubgraphContext) =>
    answer(result, context, async (written) => {
      const goal = await context.loaders.goal.clear(goalId).load(goalId);
      if (!goal) throw new Error(`goal ${goalId} was accepted and cannot be read`);
      return { __typename: 'CustomerGoalChanged' as const, goal, ...written };
    });
  /** To a customer another one's goal does not exist. */
  const onGoal = async (input: Input, context: SubgraphContext, run: (asked: Asked) => Promise<CommandResult>) => {
    const goal = await load.goal(input.goalId);
    const reached = goal === null || (await reachesSubject(ports, context.principal, goal.subject));
    return changed(input.goalId, reached ? await run(askedBy(input, context, now())) : { kind: 'refused', refusal: unknown }, context);
  };
  const decide = (input: Input, context: SubgraphContext, command: GoalCommand) =>
    onGoal(input, context, (asked) => send.goal(input.goalId, command, asked));

  return {
    Query: {
      async goal(_, { goalId }, context) {
        const goal = await context.loaders.goal.load(goalId);
        return goal && (await reachesSubject(ports, context.principal, goal.subject)) ? goal : null;
      },
      outcomePromise: (_, { promiseId }, context) => context.loaders.promise.load(promiseId),
    },

    Customer: {
      __resolveReference: ({ id }) => ({ customer: fromGlobalId('Customer', id) }),
      id: ({ customer }) => toGlobalId('Customer', customer),
      async goals({ customer }, { status }, context) {
        const goals = await context.loaders.goalsOf.load(customer);
        return goals.filter((goal) => status == null || goal.status === lower(status));
      },
    },

    CustomerGoal: {
      id: ({ goalId }) => toGlobalId('CustomerGoal', goalId),
      status: ({ status }) => upper(status),
      source: ({ source }) => upper(source),
      observations: ({ observations }) =>
        observations.map(({ method, ...one }) => ({ ...one, method: upper(method), evidenceIds: [...one.evidenceIds] })),
      purpose: ({ purposeId }, _, context) => context.loaders.purpose.load(purposeId),
      async customer({ subject }, _, context) {
        const customer = await context.loaders.owner.load(subject);
        return customer === null ? null : { customer };
      },
      async wish({ wish, wishOf, subject }) {
        if (wish === null || !isSealed(wish)) return wish;
        const [opened] = await keyring.open([
          { subject, sealed: wish, ...(wishOf === null ? {} : { of: { type: wishOf, field: 'wish' } }) },
        ]);
        return isRedacted(opened) ? null : String(opened);
      },
      async supersededBy(goal, _, context) {
        if (!isOpen(goal)) return null;
        const customer = await context.loaders.owner.load(goal.subject);
        const all = customer === null ? [] : await context.loaders.goalsOf.load(customer);
        const older = all
          .filter((one) => isOpen(one) && one.purposeId === goal.purposeId)
          .sort((a, b) => (a.declaredAt === b.declaredAt ? (a.goalId < b.goalId ? -1 : 1) : a.declaredAt < b.declaredAt ? -1 : 1))[0];
        return older && older.goalId !== goal.goalId ? toGlobalId('CustomerGoal', older.goalId) : null;
      },
    },

    OutcomePromise: {
      id: ({ promiseId }) => toGlobalId('OutcomePromise', promiseId),
      kind: ({ of }) => upper(of.kind),
      of: ({ of }) => of.id,
      purpose: ({ purposeId }, _, context) => context.loaders.purpose.load(purposeId),
    },

    Mutation: {
      async declareGoal(_, { input }, context) {
        const { principal } = context;
        const common = { purposeId: input.purposeId, ...(input.wish == null ? {} : { wish: input.wish }) };
        const asked = askedBy(input, context, now());
        const own = principal.kind === 'customer';
        if (own && principal.subject === null)
          return changed(
            '',
            { kind: 'refused', refusal: refusal('UNKNOWN_CUSTOMER', 'customer', 'nobody was seen under this sign-in yet') },
            context,
          );
        if (!own && !input.customer)
          return changed(
            '',
            { kind: 'refused', refusal: refusal('MISSING_FIELD', 'customer', 'a goal is somebody’s', 'say whose it is') },
            context,
          );
        const result = await goals.declare(
          own && principal.subject !== null
            ? { ...common, source: 'customer', subject: principal.subject }
            : {
                ...common,
                source: lower(input.source ?? 'CUSTOMER'),
                customer: { type: lower(input.customer?.type ?? 'USER_ID') as IdentifierType, value: input.customer?.value ?? '' },
              },
          asked,
        );
        return changed(result.goalId ?? '', result, context);
      },
      confirmGoal: (_, { input }, context) => decide(input, context, { kind: 'ConfirmGoal', goalId: input.goalId }),
      reviseGoal: (_, { input }, context) => decide(input, context, { kind: 'ReviseGoal', ...fieldsOf(input) }),
      abandonGoal: (_, { input }, context) => decide(input, context, { kind: 'AbandonGoal', ...fieldsOf(input) }),
      observeOutcome: (_, { input }, context) =>
        onGoal(input, context, (asked) => {
          const body = { kind: 'ObserveOutcome', ...fieldsOf(input) };
          const { goalId, value, unit } = input;
          const observed = {
            ...{
              goalId,
              value,
              unit,
              method: lower(input.method),
              evidenceIds: input.evidenceIds ?? [],
              baseline: input.baseline ?? false,
            },
            observedAt: input.observedAt == null ? asked.at : momentOf(input.observedAt),
          };
          return goals.observe(observed, asked, body);
        }),
      async publishOutcomePromise(_, { input }, context) {
        const { kind, of, ...rest } = fieldsOf(input);
        const body = { kind: 'PublishOutcomePromise' as const, ...rest, of: { kind: lower(kind), id: of } };
        const purpose = await load.purpose(input.purposeId);
        const command = { ...body, purposeExists: purpose?.status === 'defined' };
        const result = await send.promise(input.promiseId, command, askedBy(input, context, now()), body);
        return answer(result, context, async (written) => {
          const promise = await context.loaders.promise.clear(input.promiseId).load(input.promiseId);
          if (!promise) throw new Error(`promise ${input.promiseId} was accepted and cannot be read`);
          return { __typename: 'OutcomePromiseChanged' as const, promise, ...written };
        });
      },
      commitOutcome: (_, { input }, context) => onGoal(input, context, (asked) => goals.commit(fieldsOf(input), asked)),
      grantRemedy: (_, { input }, context) => decide(input, context, { kind: 'GrantRemedy', ...fieldsOf(input) }),
    },
  };
}
