export * from './definition';
export * from './handlers';
export { createReactorRunner } from './runner';
export type { ReactorError, ReactorRunner, ReactorRunnerOptions } from './runner';
export { reactionId } from './agenda';
export type { Entry, StuckEntry } from './agenda';
export * from './reservation-expiry.reactor';
