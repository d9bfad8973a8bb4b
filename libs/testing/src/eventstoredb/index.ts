export type { Fault, FaultKind, FaultyCall } from './faults';
export type { MemoryLog } from './memory-log';
export type { WireServer, WireServerOptions } from './wire-server';
export { eventStoreDbAtHand, startEventStoreDbProtocol, startRealEventStoreDb } from './under-test';
export type { EventStoreDbKind, EventStoreDbUnderTest } from './under-test';
