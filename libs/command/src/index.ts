export * from './asked';
export * from './command-path';
export * from './decider';
export * from './subject-of';
