export { explained, runProcess } from './main';
export { type RunningProcess, startProcess, type StartOptions } from './process';
