import type { Fact } from '@tsunagari/contracts';
import { defineSubgraph, type FetchContext, type Subgraph } from '@tsunagari/graphql';
import DataLoader from 'dataloader';
import type { Book } from './book/book';
import { typeDefs } from './generated/graphql';
import type { DecisionTablePorts } from './evaluation/decision-table';
import { policyEvaluationResolvers } from './evaluation/policy-evaluation.resolver';
import { proposalBoardResolvers } from './evaluation/proposal-board.resolver';
import { recommendationBoardResolvers } from './evaluation/recommendation-board.resolver';
import type { ExperienceCommands } from './experience/experience.commands';
import type { HoldoutCommands } from './holdout/holdout.commands';
import type { OfferCommands } from './offer/offer.commands';
import { offerResolvers } from './offer/offer.resolver';
import type { PolicyCommands } from './policy/policy.commands';
import { policyResolvers } from './policy/policy.resolver';
import type { DecisionFeed } from './proposal/decisions-made';
import { proposalLiveResolvers } from './proposal/live.resolver';
import { proposalResolvers } from './proposal/proposal.resolver';
import { explanationResolvers } from './proposal/explanation.resolver';
import type { Decisions } from './proposal/decisions';
import type { Explanations } from './proposal/explanations';
import type { ProposalCommands } from './proposal/proposal.commands';
import { type DecisionView, foldDecisions, proposalFactTypes } from './proposal/proposal.read-model';
import type { DecisionPorts } from './proposal/proposals.ports';
import type { runDecisions } from './proposal/run-decisions';
import type { PurposeValueCommands } from './purpose-value/purpose-value.commands';

export type ProposalsPorts = DecisionPorts & {
  readonly commands: OfferCommands & PolicyCommands & PurposeValueCommands & HoldoutCommands & ExperienceCommands & ProposalCommands;
  readonly deciding: Decisions;
  readonly explaining: Explanations;
  readonly decisionFeed: DecisionFeed;
  readonly runDecisions: ReturnType<typeof runDecisions>;
  /** Of the flat table of decisions. */
  readonly table: DecisionTablePorts;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

export type ProposalsLoaders = {
  readonly book: () => Promise<Book>;
  /** All decisions of a customer, in the order in which they were made. */
  readonly decisionsOf: DataLoader<string, readonly DecisionView[]>;
  readonly owner: DataLoader<string, string | null>;
};

/** The subgraph of offers, policies, and what was proposed to whom. */
export function proposalsSubgraph(ports: ProposalsPorts): Subgraph {
  const { identity, journal, book } = ports;
  return defineSubgraph<ProposalsLoaders>({
    name: 'proposals',
    typeDefs,
    resolvers: mergeResolvers(
      offerResolvers(ports),
      policyResolvers(ports),
      proposalResolvers(ports),
      explanationResolvers(ports),
      proposalBoardResolvers(ports),
      policyEvaluationResolvers(ports),
      recommendationBoardResolvers(ports),
      proposalLiveResolvers(ports),
    ),
    createLoaders: () => {
      let read: Promise<Book> | undefined;
      return {
        book: () => (read ??= book.current()),
        decisionsOf: new DataLoader(async (customers) => {
          const members = await identity.subjectsOf(customers);
          const subjects = [...members.values()].flat();
          const facts = subjects.length === 0 ? [] : await journal.bySubjects({ subjects, types: proposalFactTypes });
          const bySubject = new Map<string, Fact[]>();
          for (const fact of facts) {
            const own = bySubject.get(fact.subject ?? '');
            if (own) own.push(fact);
            else bySubject.set(fact.subject ?? '', [fact]);
          }
          return customers.map((customer) =>
            foldDecisions(
              (members.get(customer) ?? [])
                .flatMap((subject) => bySubject.get(subject) ?? [])
                .sort((a, b) => a.position.length - b.position.length || (a.position < b.position ? -1 : 1)),
            ),
          );
        }),
        owner: new DataLoader(async (subjects) => {
          const owners = await identity.customersOf(subjects);
          return subjects.map((subject) => owners.get(subject) ?? null);
        }),
      };
    },
    caughtUp: ports.waitFor,
    ...(ports.onError ? { onError: ports.onError } : {}),
  });
}

function mergeResolvers(...parts: readonly Readonly<Record<string, object | undefined>>[]): object {
  const merged: Record<string, object> = {};
  for (const part of parts) for (const [type, fields] of Object.entries(part)) merged[type] = { ...merged[type], ...fields };
  return merged;
}
