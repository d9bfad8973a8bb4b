export { startEmbeddedServer, removeEmbeddedServer } from './embedded-server';
export type { EmbeddedServer, EmbeddedServerOptions, SupervisorNotice } from './embedded-server';
export { SupervisorError } from './errors';
export type { SupervisorFault } from './errors';
export { findBinaries } from './binaries';
export { runningServerUrl } from './running-server';
export { waitUntil, isAlive } from './processes';
