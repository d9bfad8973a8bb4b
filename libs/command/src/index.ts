export * from './command-path';
export * from './decider';
