import { totalmem } from 'node:os';

/** What the embedded server is tuned for. `test` gives up durability and must never hold data that matters. */
export type Durability = 'safe' | 'test';

/**
 * Server settings for a machine of two cores that also runs the platform. Nothing acknowledged may be lost, so fsync,
 * full_page_writes and synchronous_commit stay on; the other memory settings assume 2 GB and more.
 * @param memory bytes that this machine or container has.
 */
export function serverSettings(port: number, durability: Durability, memory = memoryHere()): Readonly<Record<string, string>> {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: durability === 'test' ? '300' : '100',
    password_encryption: 'scram-sha-256',
    TimeZone: 'UTC',
    log_timezone: 'UTC',
    DateStyle: 'ISO, YMD',
    shared_buffers: `${durability === 'test' ? LEAST_MB : sharedBuffersMb(memory)}MB`,
    effective_cache_size: '1GB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    wal_buffers: '16MB',
    max_wal_size: '2GB',
    min_wal_size: '128MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: '0.9',
    random_page_cost: '1.1',
    jit: 'off',
    max_parallel_workers_per_gather: '1',
    autovacuum_max_workers: '2',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    ...(durability === 'test'
      ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
      : { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }),
  };
}

const LEAST_MB = 128;
const MOST_MB = 1024;

/**
 * A quarter of the memory, as PostgreSQL's manual advises ("Resource Consumption"): read models of 100,000 customers are larger than the
 * 256 MB that were here before, and every row that is folded came from the operating system. Pages are taken as they are used.
 */
function sharedBuffersMb(memory: number): number {
  return Math.min(MOST_MB, Math.max(LEAST_MB, Math.floor(memory / 4 / 2 ** 20)));
}

function memoryHere(): number {
  // Without a limit it answers 0 or more than there is.
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
