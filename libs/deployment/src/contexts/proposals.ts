import {
  closeOutcomeWindow,
  consentPort,
  type ConsentPort,
  type ConsentQuestion,
  type ConsentVerdict,
  expireDecision,
  facts as registry,
  understandingPort,
} from '@tsunagari/contracts';
import { createReadModelRunner } from '@tsunagari/projection';
import {
  bookReader,
  decisionFeed,
  decisions,
  experienceCommands,
  explanations,
  holdoutCommands,
  offerCommands,
  offerUse,
  outcomeWindow,
  outcomeWindows,
  policyCommands,
  proposalCommands,
  proposalExpiry,
  proposalsSubgraph,
  purposeValueCommands,
  runDecisions,
} from '@tsunagari/proposals';
import { createReactorRunner, handle } from '@tsunagari/reactor';
import type { Deployment } from '../deployment';
import type { OpenContext, Shared } from './context';
import { reactorsRun, readModelsRun } from './runs';

const SCHEMA = 'proposals';

/** Offers, policies, and what is proposed to whom. */
export function openProposals({ pool, log, store, journal, keyring, path }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError, onRunError, port, projections } = shared;
  const book = bookReader({ log, registry });
  const runner = createReadModelRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    now,
    definitions: [offerUse],
    onError: (error) => onRunError('proposals read models', error.cause ?? new Error(`${error.readModel}: ${error.message}`)),
  });
  const uses = runner.reader(offerUse);
  const ports = {
    path,
    store,
    journal,
    keyring,
    identity,
    book,
    understanding: port(understandingPort),
    mayContact: inBatches(port(consentPort)),
    used: async (offerIds: readonly string[]) =>
      Object.fromEntries([...(await uses.get(offerIds))].map(([offerId, { proposed }]) => [offerId, proposed])),
    waitFor: identified,
  };
  const deciding = decisions(ports);
  const proposals = proposalCommands({ path, journal, identity, book });
  const reactors = createReactorRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    reactors: [proposalExpiry, outcomeWindow],
    handlers: [handle(expireDecision, proposals.expireDecision), handle(closeOutcomeWindow, outcomeWindows({ path, journal, identity }))],
    store,
    keyring,
    now,
    // A refused reaction is a fact that operations see, no failure of a run.
    onError: (error) => {
      if (error.kind !== 'refused') onRunError('proposals reactors', error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
  return {
    name: 'proposals',
    subgraph: proposalsSubgraph({
      ...ports,
      now,
      deciding,
      explaining: explanations(ports, deciding),
      decisionFeed: decisionFeed({ log, identity, projections, onError: onResolverError }),
      runDecisions: runDecisions(ports, deciding),
      table: { log, registry, store, identity },
      commands: {
        ...offerCommands({ path }),
        ...policyCommands({ path }),
        ...purposeValueCommands({ path }),
        ...holdoutCommands({ path }),
        ...experienceCommands({ path, uses, runner }),
        ...proposals,
      },
      onError: onResolverError,
    }),
    runs: [readModelsRun('proposals', runner), reactorsRun('proposals', reactors)],
  };
}

/** The most questions of one call. */
const QUESTIONS = 1000;

function inBatches(consent: ConsentPort) {
  return async (questions: readonly ConsentQuestion[]): Promise<readonly ConsentVerdict[]> => {
    const verdicts: ConsentVerdict[] = [];
    for (let from = 0; from < questions.length; from += QUESTIONS)
      verdicts.push(...(await consent.mayContact({ questions: questions.slice(from, from + QUESTIONS) })).verdicts);
    return verdicts;
  };
}
