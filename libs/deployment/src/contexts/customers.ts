import { linkSigner, anonymous } from '@tsunagari/access';
import type { Asked, CommandResult } from '@tsunagari/command';
import { consentPort, facts as registry, type Refusal } from '@tsunagari/contracts';
import {
  consentCommands,
  type ConsentCommands,
  consentExpiryReactor,
  customersSubgraph,
  expireConsent,
  identityCommands,
  identityRulesCommands,
  mayContact,
  preferencesOf,
  reportedConsentReactor,
  takeReportedConsent,
} from '@tsunagari/customers';
import { createReactorRunner, handle } from '@tsunagari/reactor';
import { isTimeZone } from '@tsunagari/runtime';
import type { Deployment } from '../deployment';
import { implementPort } from '../ports/local-port';
import type { OpenContext, Shared } from './context';
import { reactorsRun } from './runs';

const SCHEMA = 'customers';

/** Who a customer is, people's word about who is who, and what she consents to. */
export function openCustomers({ pool, log, store, journal, keyring, path, secrets }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError, onRunError } = shared;
  const ports = { store, identity, journal, keyring, now, waitFor: identified };
  const consent = consentCommands({ path, store, keyring, links: linkSigner(secrets.contextKey), knowsZone: isTimeZone });
  const reactors = createReactorRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    reactors: [reportedConsentReactor, consentExpiryReactor],
    handlers: [
      handle(takeReportedConsent, (input, asked) => consent.takeReport(input, asked)),
      handle(expireConsent, ({ subject, ...said }, asked) => consent.expireConsent(subject, said, asked)),
    ],
    store,
    keyring,
    now,
    onError: (error) => {
      if (error.kind !== 'refused') onRunError('customers reactors', error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
  return {
    name: 'customers',
    subgraph: customersSubgraph({
      ...ports,
      commands: identityCommands({ ...ports, path }),
      consent,
      identityRules: identityRulesCommands({ path }),
      onError: onResolverError,
    }),
    ports: [
      implementPort(consentPort, {
        mayContact: async ({ questions }) => ({ verdicts: await mayContact(ports, questions) }),
        preferencesOf: async ({ subjects }) => ({
          preferences: (await preferencesOf(ports, subjects)).map((each) => ({ ...each, topics: { ...each.topics } })),
        }),
        ...answers(consent),
      }),
    ],
    runs: [reactorsRun(SCHEMA, reactors)],
  };
}

/** What other contexts pass on of what a customer said to them. */
function answers(consent: ConsentCommands) {
  const asked = (idempotencyKey: string, at: string, by: string): Asked => ({ idempotencyKey, at, by, requestId: idempotencyKey });
  return {
    withdraw: async ({ subject, category, channel, source, at, idempotencyKey }: Said) => {
      const said = { subject, category, ...(channel === undefined ? {} : { channel }) };
      return outcome((await consent.withdrawConsent(said, asked(idempotencyKey, at, source), anonymous)).result);
    },
    setPreference: async ({ subject, language, at, idempotencyKey }: Wished) => {
      const said = { subject, change: { language } };
      return outcome((await consent.setPreference(said, asked(idempotencyKey, at, `customer:${subject}`), anonymous)).result);
    },
    confirm: async ({ link, at, idempotencyKey }: Confirmed) =>
      outcome((await consent.confirmConsent(link, asked(idempotencyKey, at, 'system:link'))).result),
  };
}

type Inputs = (typeof consentPort)['methods'];
type Said = Inputs['withdraw']['input']['_output'];
type Wished = Inputs['setPreference']['input']['_output'];
type Confirmed = Inputs['confirm']['input']['_output'];

function outcome(result: CommandResult): { kind: 'accepted' } | ({ kind: 'refused' } & Pick<Refusal, 'code' | 'rule'>) {
  if (result.kind === 'accepted') return { kind: 'accepted' };
  const { code, rule } = result.refusal;
  return { kind: 'refused', code, rule };
}
