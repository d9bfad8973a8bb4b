export { type Cluster, CLUSTER_PROCESSES, type ClusterOptions, type ClusterProcess, type ClusterStep, startCluster } from './cluster';
export { canRunBroker, type LocalBroker } from './local-broker';
export { type ManagedProcess } from './managed-process';
export { type ClusterRecord, runningCluster } from './record';
