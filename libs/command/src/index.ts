export * from './aggregate';
export * from './asked';
export * from './command-path';
export * from './decider';
export * from './subject-of';
export * from './reservation/reservation.commands';
export * from './reservation/reservation.decider';
export * from './speaker';
