import { accept, type DecidedFact, type Decider, refuse } from '@tsunagari/command';
import {
  refusal,
  requestAcknowledged,
  requestFulfilled,
  requestRejected,
  requestSubmitted,
  requestWithdrawn,
  type Fact,
  type FactDefinition,
  type RequestKind,
  type RequestSubmitted,
} from '@tsunagari/contracts';
import { ms } from '../contact/moments';

export type RequestStatus = 'submitted' | 'acknowledged' | 'fulfilled' | 'rejected' | 'withdrawn';

export type RequestState = {
  readonly request: RequestSubmitted;
  readonly subject: string;
  readonly status: RequestStatus;
  readonly submittedAt: string;
  readonly acknowledgedAt: string | null;
  readonly closedAt: string | null;
  readonly ruleRef: string | null;
  readonly version: number;
};

export type RequestCommand = { readonly requestId: string; readonly at: string; readonly by: string } & (
  | ({ readonly kind: 'SubmitRequest'; readonly subject: string } & { readonly request: Omit<RequestSubmitted, 'requestId'> })
  | { readonly kind: 'AcknowledgeRequest' }
  | { readonly kind: 'FulfilRequest'; readonly steps: number }
  | { readonly kind: 'RejectRequest'; readonly ruleRef: string; readonly reason: string; readonly ruleIsLegal: boolean }
  | { readonly kind: 'WithdrawRequest' }
);

/** One request of a customer, from asking to its end. */
export const requestDecider: Decider<RequestCommand, RequestState | null> = {
  initial: null,
  evolve: evolveRequest,
  decide(command, state) {
    if (command.kind === 'SubmitRequest') {
      if (state !== null) return refuse(refusal('REQUEST_EXISTS', 'requestId', 'a request is submitted once', 'leave requestId out'));
      return accept({ definition: requestSubmitted, subject: command.subject, data: { requestId: command.requestId, ...command.request } });
    }
    if (state === null) return refuse(refusal('UNKNOWN_REQUEST', 'requestId', 'the request is one that was submitted'));
    const { by, at } = command;
    const closed = state.closedAt !== null;
    switch (command.kind) {
      case 'AcknowledgeRequest':
        if (state.acknowledgedAt !== null) return accept();
        if (closed) return refuse(over);
        return accept(of(state, requestAcknowledged, { by }));
      case 'FulfilRequest': {
        if (state.status === 'fulfilled') return accept();
        if (closed) return refuse(over);
        const elapsedS = Math.max(0, (ms(at) - ms(state.submittedAt)) / 1000);
        return accept(of(state, requestFulfilled, { by, steps: command.steps, elapsedS }));
      }
      case 'RejectRequest':
        if (state.request.kind === 'cancel')
          return refuse(
            refusal(
              'CANCEL_NEVER_REJECTED',
              'requestId',
              'a cancellation is never rejected: terms only move its day',
              'cancel the subscription',
            ),
          );
        if (state.request.kind === 'erasure' && !command.ruleIsLegal)
          return refuse(
            refusal('ERASURE_NEEDS_LEGAL_RULE', 'ruleRef', 'an erasure is rejected by a legal rule only', 'name the article, or erase her'),
          );
        if (state.status === 'rejected') return accept();
        if (closed) return refuse(over);
        return accept(of(state, requestRejected, { by, ruleRef: command.ruleRef, reason: command.reason }));
      case 'WithdrawRequest':
        if (state.status === 'withdrawn') return accept();
        if (closed) return refuse(over);
        return accept(of(state, requestWithdrawn, { by }));
    }
  },
};

const over = refusal('REQUEST_CLOSED', 'requestId', 'a closed request does not change any more', 'submit another one');

export function evolveRequest(state: RequestState | null, fact: Fact): RequestState | null {
  if (fact.type === requestSubmitted.type)
    return {
      request: fact.data as RequestSubmitted,
      subject: fact.subject ?? '',
      status: 'submitted',
      submittedAt: fact.occurred,
      acknowledgedAt: null,
      closedAt: null,
      ruleRef: null,
      version: fact.version,
    };
  if (state === null) return null;
  const next = { ...state, version: fact.version };
  switch (fact.type) {
    case requestAcknowledged.type:
      return { ...next, status: 'acknowledged', acknowledgedAt: fact.occurred };
    case requestFulfilled.type:
      return { ...next, status: 'fulfilled', closedAt: fact.occurred };
    case requestRejected.type:
      return { ...next, status: 'rejected', closedAt: fact.occurred, ruleRef: (fact.data as { ruleRef: string }).ruleRef };
    case requestWithdrawn.type:
      return { ...next, status: 'withdrawn', closedAt: fact.occurred };
    default:
      return next;
  }
}

function of({ request, subject }: RequestState, definition: FactDefinition, data: object): DecidedFact {
  const kind: RequestKind = request.kind;
  return { definition, subject, data: { requestId: request.requestId, kind, ...data } };
}
