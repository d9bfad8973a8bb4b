export * from './event-log';
export * from './publisher';
export * from './wake';
