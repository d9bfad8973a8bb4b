import {
  consentPort,
  type ConsentPort,
  type ConsentQuestion,
  type ConsentVerdict,
  facts as registry,
  understandingPort,
} from '@tsunagari/contracts';
import {
  bookReader,
  decisions,
  explanations,
  holdoutCommands,
  offerCommands,
  policyCommands,
  proposalCommands,
  proposalsSubgraph,
  purposeValueCommands,
  runDecisions,
} from '@tsunagari/proposals';
import type { Deployment } from '../deployment';
import type { OpenContext, Shared } from './context';

/** Offers, policies, and what is proposed to whom. */
export function openProposals({ log, store, journal, keyring, path }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError, port } = shared;
  const book = bookReader({ log, registry });
  const ports = {
    path,
    store,
    journal,
    keyring,
    identity,
    book,
    understanding: port(understandingPort),
    mayContact: inBatches(port(consentPort)),
    used: async () => ({}),
    waitFor: identified,
  };
  const deciding = decisions(ports);
  return {
    name: 'proposals',
    subgraph: proposalsSubgraph({
      ...ports,
      now,
      deciding,
      explaining: explanations(ports, deciding),
      runDecisions: runDecisions(ports, deciding),
      commands: {
        ...offerCommands({ path }),
        ...policyCommands({ path }),
        ...purposeValueCommands({ path }),
        ...holdoutCommands({ path }),
        ...proposalCommands({ path, journal, identity, book }),
      },
      onError: onResolverError,
    }),
    runs: [],
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
