import type { Principal } from '@tsunagari/access';
import {
  type Asked,
  type CommandPath,
  type CommandResult,
  envelopeOf,
  type NamedIdentifier,
  type ReservationCommands,
  speaker,
} from '@tsunagari/command';
import { refusal, streamName, subscriptionIdSchema, type Money, type PerpetualLicenceMigrated, type Refusal } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId, type Keyring } from '@tsunagari/privacy';
import { authorityGroupsOf, type IdentityReader, reachesSubject } from '@tsunagari/projection';
import { readPlan } from '../plan/plan.read-model';
import { type OfferedPlan, subscriptionDecider, type SubscriptionCommand } from './subscription.decider';
import { readSubscription } from './subscription.read-model';

export type PlanChoice = { readonly planId: string; /** Absent: the newest that is published. */ readonly planVersion?: number };

export type BeginInput = PlanChoice & {
  /** Absent: one that follows from the idempotency key. */
  readonly subscriptionId?: string;
  /** Absent: the customer whose token asks. */
  readonly customer?: NamedIdentifier;
};

/** The result, and the subscription that it is about. */
export type SubscriptionResult = { readonly subscriptionId: string; readonly result: CommandResult };

type Change = { readonly subscriptionId: string };

/** How long a trial is claimed before it stands, milliseconds. */
const CLAIM_MS = 900_000;

type Claimed = readonly { readonly confirm: () => Promise<unknown> }[];

/** What customers, and the brand for them, do with a subscription. A customer's own token reaches hers alone. */
export function subscriptionCommands(ports: {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly journal: Journal;
  readonly keyring: Keyring;
  readonly identity: IdentityReader;
  readonly reservations: ReservationCommands;
}) {
  const { path, store } = ports;

  async function begin(
    kind: 'StartTrial' | 'ActivateSubscription' | 'MigratePerpetualLicence',
    input: BeginInput & { readonly licence?: Omit<PerpetualLicenceMigrated, 'subscriptionId'> },
    asked: Asked,
    principal: Principal,
  ): Promise<SubscriptionResult> {
    const subscriptionId = input.subscriptionId ?? commandFactId(asked.idempotencyKey, 0);
    const refused = (value: Refusal): SubscriptionResult => ({ subscriptionId, result: { kind: 'refused', refusal: value } });
    const broken = brokenId(subscriptionId);
    if (broken) return refused(broken);
    const standing = await readSubscription(store, subscriptionId);
    if (standing && !(await reachesSubject(ports, principal, standing.subject))) return refused(taken);
    // Who goes on from her trial need not say again whom and what it is about.
    const owner =
      standing && input.customer === undefined
        ? ({ kind: 'known', subject: standing.subject } as const)
        : await speaker(ports, input.customer, principal, asked, 'subscriptions');
    if (owner.kind === 'refused') return refused(owner.refusal);
    const plan = await offeredPlan(input);
    if ('code' in plan) return refused(plan);
    const about = { subscriptionId, at: asked.at, subject: owner.subject, plan };
    const command: SubscriptionCommand =
      kind === 'MigratePerpetualLicence' && input.licence ? { kind, licence: input.licence, ...about } : { kind: begun(kind), ...about };
    const trial = kind === 'StartTrial' && subscriptionDecider.decide(command, standing).kind === 'accepted';
    const claimed = trial ? await claimTrial(owner.subject, plan.version.family, subscriptionId, asked) : [];
    if ('code' in claimed) return refused(claimed);
    const result = await path.execute(subscriptionDecider, {
      stream: streamName('subscription', subscriptionId),
      command,
      body: { kind, ...input },
      ...envelopeOf(asked, 'subscriptions'),
      ...(owner.prepare ? { prepare: owner.prepare } : {}),
    });
    if (result.kind === 'accepted') for (const { confirm } of claimed) await confirm();
    return { subscriptionId, result };
  }

  /**
   * One trial a person and family: claimed for everything that verified links make hers, confirmed once the trial stands. What is claimed
   * and never confirmed is free again by itself.
   */
  async function claimTrial(subject: string, family: string, holder: string, asked: Asked): Promise<Claimed | Refusal> {
    const group = (await authorityGroupsOf(ports, [subject])).get(subject) ?? [subject];
    const claimed: { readonly confirm: () => Promise<unknown> }[] = [];
    const until = new Date(Date.parse(asked.at) + CLAIM_MS).toISOString();
    for (const member of group) {
      const reservation = { kind: 'trial', thing: `${member}:${family}`, holder };
      const of = (step: string): Asked => ({ ...asked, idempotencyKey: `${asked.idempotencyKey}/${member}/${step}` });
      const claim = await ports.reservations.claim(reservation, until, of('claim'));
      if (claim.kind === 'refused')
        return refusal('SECOND_TRIAL', 'planId', 'one trial a person and family of plans', 'activate the subscription');
      claimed.push({ confirm: () => ports.reservations.confirm(reservation, of('confirm')) });
    }
    return claimed;
  }

  async function offeredPlan({ planId, planVersion }: PlanChoice): Promise<OfferedPlan | Refusal> {
    const plan = await readPlan(store, planId);
    if (!plan) return refusal('UNKNOWN_PLAN', 'planId', 'the plan is one that was defined');
    const wanted = planVersion ?? plan.published.reduce((newest, version) => Math.max(newest, version), 0);
    const version = plan.versions.find((each) => each.planVersion === wanted);
    if (!version && planVersion === undefined)
      return refusal('PLAN_NOT_PUBLISHED', 'planId', 'only a published version can be taken', 'publish it first');
    if (!version) return refusal('UNKNOWN_PLAN', 'planVersion', 'the version is one that was defined');
    return { version, published: plan.published.includes(wanted), retired: plan.retired };
  }

  /** What follows after the begin: hers alone, where she asks herself. To anybody else it is as if it did not exist. */
  async function change(
    input: Change,
    command: (about: { subscriptionId: string; at: string }) => SubscriptionCommand | Refusal | Promise<SubscriptionCommand | Refusal>,
    asked: Asked,
    principal: Principal,
    body: object = input,
  ): Promise<SubscriptionResult> {
    const { subscriptionId } = input;
    const refused = (value: Refusal): SubscriptionResult => ({ subscriptionId, result: { kind: 'refused', refusal: value } });
    if (brokenId(subscriptionId)) return refused(unknown);
    const standing = await readSubscription(store, subscriptionId);
    if (!standing || !(await reachesSubject(ports, principal, standing.subject))) return refused(unknown);
    const decided = await command({ subscriptionId, at: asked.at });
    if ('code' in decided) return refused(decided);
    const result = await path.execute(subscriptionDecider, {
      stream: streamName('subscription', subscriptionId),
      command: decided,
      body: { kind: decided.kind, ...body },
      ...envelopeOf(asked, 'subscriptions'),
    });
    return { subscriptionId, result };
  }

  return {
    startTrial: (input: BeginInput, asked: Asked, by: Principal) => begin('StartTrial', input, asked, by),
    activateSubscription: (input: BeginInput, asked: Asked, by: Principal) => begin('ActivateSubscription', input, asked, by),
    migratePerpetualLicence: (
      input: BeginInput & { readonly licence: Omit<PerpetualLicenceMigrated, 'subscriptionId'> },
      asked: Asked,
      by: Principal,
    ) => begin('MigratePerpetualLicence', input, asked, by),
    changePlan: (input: Change & PlanChoice, asked: Asked, by: Principal) =>
      change(
        input,
        async (about) => {
          const plan = await offeredPlan(input);
          return 'code' in plan ? plan : { kind: 'ChangePlan', plan, ...about };
        },
        asked,
        by,
      ),
    addAddOn: (input: Change & { readonly addOnId: string; readonly price: Money }, asked: Asked, by: Principal) =>
      change(input, (about) => ({ kind: 'AddAddOn', addOnId: input.addOnId, price: input.price, ...about }), asked, by),
    changeServiceContent: (input: Change & { readonly content: Readonly<Record<string, string>> }, asked: Asked, by: Principal) =>
      change(input, (about) => ({ kind: 'ChangeServiceContent', content: input.content, ...about }), asked, by),
    pauseSubscription: (input: Change & { readonly until: string }, asked: Asked, by: Principal) =>
      change(input, (about) => ({ kind: 'PauseSubscription', until: input.until, ...about }), asked, by),
    resumeSubscription: (input: Change, asked: Asked, by: Principal) =>
      change(input, (about) => ({ kind: 'ResumeSubscription', ...about }), asked, by),
    /** One mutation, no reason, no offer, no version; whatever the terms say, it is accepted. */
    cancelSubscription: (input: Change & { readonly reasonCode?: string; readonly effectiveAt?: string }, asked: Asked, by: Principal) => {
      const { subscriptionId: _, ...rest } = input;
      return change(input, (about) => ({ kind: 'CancelSubscription', ...rest, ...about }), asked, by);
    },
    undoCancellation: (input: Change, asked: Asked, by: Principal) =>
      change(input, (about) => ({ kind: 'UndoCancellation', ...about }), asked, by),
    renewSubscription: (input: Change, asked: Asked, by: Principal) =>
      change(input, (about) => ({ kind: 'RenewSubscription', ...about }), asked, by),
    recordPaymentFailure: (
      input: Change & { readonly attempt: number; readonly final: boolean; readonly due?: Money },
      asked: Asked,
      by: Principal,
    ) => {
      const { subscriptionId: _, ...rest } = input;
      return change(input, (about) => ({ kind: 'RecordPaymentFailure', ...rest, ...about }), asked, by);
    },
    /** Whatever has fallen due: for timers. */
    settle: (subscriptionId: string, asked: Asked): Promise<CommandResult> =>
      path.execute(subscriptionDecider, {
        stream: streamName('subscription', subscriptionId),
        command: { kind: 'SettleSubscription', subscriptionId, at: asked.at },
        body: { kind: 'SettleSubscription', subscriptionId },
        ...envelopeOf(asked, 'subscriptions'),
      }),
  };
}

export type SubscriptionCommands = ReturnType<typeof subscriptionCommands>;

/** A licence without its licence is an activation: the type of the input rules it out. */
function begun(kind: 'StartTrial' | 'ActivateSubscription' | 'MigratePerpetualLicence'): 'StartTrial' | 'ActivateSubscription' {
  return kind === 'StartTrial' ? 'StartTrial' : 'ActivateSubscription';
}

const unknown = refusal('UNKNOWN_SUBSCRIPTION', 'subscriptionId', 'the subscription is one that was started here');
const taken = refusal('SUBSCRIPTION_EXISTS', 'subscriptionId', 'a subscription begins once', 'leave subscriptionId out to begin another');

function brokenId(subscriptionId: string): Refusal | undefined {
  if (subscriptionIdSchema.safeParse(subscriptionId).success) return undefined;
  return refusal('INVALID_FIELD', 'subscriptionId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores');
}
