export * from './event-log';
export * from './envelopes';
export * from './signal-log';
export * from './publisher';
export * from './wake';
