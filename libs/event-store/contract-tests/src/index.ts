export { eventStoreContract } from './event-store-contract';
export type { StoreUnderTest } from './event-store-contract';
export { strictEventStoreContract } from './strict-event-store-contract';
export { appended, freshStream, readToEnd, someFact, someFacts } from './facts';
