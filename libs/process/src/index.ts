export { explained, runProcess } from './main';
export { HealthController } from './health.controller';
export { HEALTH, METRICS, SHUTDOWN } from './tokens';
export { type RunningProcess, startProcess, type StartOptions } from './process';
