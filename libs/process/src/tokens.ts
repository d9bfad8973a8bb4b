/** What Nest's container calls the parts of a process; each is made once, by a factory in `process.module.ts`. */
/** Which process this is. */
export const NAME = Symbol('name');
export const CONFIGURATION = Symbol('configuration');
export const LOGGER = Symbol('logger');
export const SHUTDOWN = Symbol('shutdown');
export const DEPLOYMENT = Symbol('deployment');
export const SERVICES = Symbol('services');
export const INTAKE = Symbol('intake');
export const ACCESS = Symbol('access');
export const GATEWAY = Symbol('gateway');
export const HEALTH = Symbol('health');
export const METRICS = Symbol('metrics');
/** Names of runs that do not start. */
export const WITHOUT = Symbol('without');
