import { requestFacts } from '@tsunagari/contracts';
import { defineReadModel } from '@tsunagari/projection';
import { evolveRequest, type RequestState } from './request.decider';

/** The request board. */
export const requestsReadModel = defineReadModel<{ readonly request: RequestState | null }>({
  name: 'requests',
  version: 1,
  types: requestFacts.filter(({ name }) => name.startsWith('Request')).map(({ type }) => type),
  key: (fact) => (fact.data as { requestId: string }).requestId,
  initial: { request: null },
  evolve: ({ request }, fact) => ({ request: evolveRequest(request, fact) }),
  columns: [
    { name: 'status', sql: 'text', value: ({ request }) => request?.status ?? 'none' },
    { name: 'kind', sql: 'text', value: ({ request }) => request?.request.kind ?? 'none' },
    { name: 'submitted_at', sql: 'text', value: ({ request }) => request?.submittedAt ?? '' },
  ],
  indexes: [
    ['status', 'submitted_at', 'key'],
    ['submitted_at', 'key'],
  ],
});
