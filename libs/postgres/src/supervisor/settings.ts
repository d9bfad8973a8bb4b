/** What the embedded server is tuned for. `test` gives up durability and must never hold data that matters. */
export type Durability = 'safe' | 'test';

/**
 * Server settings for a machine of two cores that also runs the platform. Nothing acknowledged may be lost, so fsync,
 * full_page_writes and synchronous_commit stay on; the memory settings assume 2 GB and more.
 */
export function serverSettings(port: number, durability: Durability): Readonly<Record<string, string>> {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: durability === 'test' ? '300' : '100',
    password_encryption: 'scram-sha-256',
    TimeZone: 'UTC',
    log_timezone: 'UTC',
    DateStyle: 'ISO, YMD',
    shared_buffers: durability === 'test' ? '128MB' : '256MB',
    effective_cache_size: '1GB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    wal_buffers: '16MB',
    max_wal_size: '2GB',
    min_wal_size: '128MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: '0.9',
    wal_compression: 'pglz',
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
