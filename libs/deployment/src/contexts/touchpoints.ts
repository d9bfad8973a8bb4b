import { linkSigner } from '@tsunagari/access';
import { consentPort, facts as registry } from '@tsunagari/contracts';
import { createReadModelRunner, signalsAsFacts } from '@tsunagari/projection';
import { createReactorRunner, handle } from '@tsunagari/reactor';
import { isTimeZone } from '@tsunagari/runtime';
import {
  askToConfirm,
  cancellationRequestReactor,
  closeRequest,
  consentMessages,
  consentMessagesReactor,
  customerCommands,
  dispatcher,
  dispatchMessage,
  dispatchReactor,
  fileRequest,
  followUpReactor,
  followUpTask,
  messageCommands,
  messagePages,
  type MessageProvider,
  openFollowUp,
  requestFeed,
  requestsReadModel,
  reviewQueued,
  smtpProvider,
  spoolProvider,
  tasksReadModel,
  touchpointCommands,
  touchpointsSubgraph,
  webhookProvider,
} from '@tsunagari/touchpoints';
import path from 'node:path';
import type { Deployment } from '../deployment';
import type { OpenContext, Running, Shared } from './context';
import { toldSignals } from '../told-signals';
import { reactorsRun, readModelsRun, startedWhenThere } from './runs';

const SCHEMA = 'touchpoints';

/** Of reactors that follow signals: their checkpoints are places among signals, not in the log. */
const SIGNALS_SCHEMA = 'touchpoints_signals';

/** A hand-over to a slow provider may take so long before another process takes the message for given up, milliseconds. */
const CLAIM_MS = 180_000;

/** Where brand and customers meet, what they ask for, what reaches them. */
export function openTouchpoints(deployment: Deployment, shared: Shared): OpenContext {
  const { pool, store, log, journal, keyring, path: commands, secrets, configuration } = deployment;
  const { identity, now, onResolverError, onRunError } = shared;
  const consent = shared.port(consentPort);
  const links = linkSigner(secrets.contextKey);
  const readModels = createReadModelRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    now,
    definitions: [requestsReadModel, tasksReadModel],
    onError: (error) => onRunError('touchpoints read models', error.cause ?? new Error(`${error.readModel}: ${error.message}`)),
  });
  const requestBoard = readModels.reader(requestsReadModel);
  const messages = messageCommands({ path: commands, store, keyring, consent, knowsZone: isTimeZone });
  const customers = customerCommands({ path: commands, store, journal, keyring, identity });
  const providers = providersOf(deployment, now);
  const { dispatch } = dispatcher({ path: commands, store, keyring, consent, providers, links, publicUrl: configuration.publicUrl, now });
  const following = consentMessages({
    ...{ path: commands, store, journal, keyring, identity, consent, messages, links },
    publicUrl: configuration.publicUrl,
  });
  const reactors = createReactorRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    reactors: [dispatchReactor, cancellationRequestReactor, consentMessagesReactor],
    handlers: [
      handle(fileRequest, (input, asked) => customers.fileRequest(input, asked)),
      handle(closeRequest, (input, asked) => customers.closeRequest(input, asked)),
      handle(askToConfirm, (input, asked) => following.askToConfirm(input, asked)),
      handle(reviewQueued, (input, asked) => following.reviewQueued(input, asked)),
      handle(dispatchMessage, async ({ messageId }) => {
        await dispatch(messageId);
        return { kind: 'accepted', position: null, version: 0, repeated: false };
      }),
    ],
    store,
    keyring,
    now,
    claimMs: CLAIM_MS,
    onError: (error) => {
      if (error.kind !== 'refused') onRunError('touchpoints reactors', error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
  return {
    name: 'touchpoints',
    subgraph: touchpointsSubgraph({
      store,
      journal,
      log,
      registry,
      identity,
      touchpoints: touchpointCommands({ path: commands, store }),
      customers,
      messages,
      requestBoard,
      requestFeed: requestFeed({ log, board: requestBoard, readModels, identity, onError: onResolverError }),
      worklist: readModels.reader(tasksReadModel),
      waitFor: (position) => readModels.waitFor(position),
      now,
      onError: onResolverError,
    }),
    pages: messagePages({ links, messages, consent, now }),
    runs: [
      readModelsRun(SCHEMA, readModels),
      closingWith(reactorsRun(SCHEMA, reactors), providers),
      followUps(deployment, shared, customers),
    ],
  };
}

/** What follows from what understanding tells. */
function followUps(deployment: Deployment, { now, onRunError }: Shared, customers: ReturnType<typeof customerCommands>): Running {
  const { pool, store, keyring } = deployment;
  const name = 'touchpoints signals';
  const told = toldSignals(deployment);
  const reactors = createReactorRunner({
    pool,
    ...signalsAsFacts(told.signals),
    schema: SIGNALS_SCHEMA,
    reactors: [followUpReactor],
    handlers: [handle(openFollowUp, async (input, asked) => (await customers.openTask(followUpTask(input), asked)).result)],
    store,
    keyring,
    now,
    ...(told.pollMs === undefined ? {} : { pollMs: told.pollMs }),
    onError: (error) => {
      if (error.kind !== 'refused') onRunError(name, error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
  const run = reactorsRun(name, reactors);
  const started = told.elsewhere ? startedWhenThere(run, (error) => onRunError(name, error)) : run;
  return {
    ...started,
    async stop() {
      await started.stop();
      await told.signals.close();
    },
  };
}

/** What takes messages over: SMTP for mail and a webhook for the rest where they are configured, else files. */
function providersOf({ configuration }: Deployment, now: () => string): readonly MessageProvider[] {
  const { smtpUrl, mailFrom, messageWebhook } = configuration;
  return [
    ...(smtpUrl === undefined ? [] : [smtpProvider({ url: smtpUrl, from: mailFrom })]),
    ...(messageWebhook === undefined
      ? []
      : [webhookProvider({ ...messageWebhook, channels: ['sms', 'push', 'phone', 'post', 'messaging', 'webhook'], now })]),
    spoolProvider(path.join(configuration.home, 'outbox')),
  ];
}

function closingWith(run: Running, providers: readonly MessageProvider[]): Running {
  return {
    ...run,
    async stop() {
      await run.stop();
      for (const provider of providers) await provider.close();
    },
  };
}
