import { readFileSync } from 'node:fs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { logLevel } from 'kafkajs';
import { sockets } from './sockets';

/** How a Kafka cluster is reached, as a deployment's configuration says. */
export type KafkaConnection = {
  readonly brokers: readonly string[];
  /** TLS; without a file of certificates those of Node are trusted. Paths of PEM files. */
  readonly ssl?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
};

/**
 * The same for kafkajs, silent: it prints what it also throws.
 * @throws Error naming the file of a certificate or key that cannot be read.
 */
export function kafkaConfig({ brokers, ssl, sasl }: KafkaConnection, clientId: string): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    logLevel: logLevel.NOTHING,
    socketFactory: sockets,
    ...(ssl ? { ssl: { ...pem('ca', ssl.caFile), ...pem('cert', ssl.certFile), ...pem('key', ssl.keyFile) } } : {}),
    ...(sasl ? { sasl: saslOf(sasl) } : {}),
  };
}

function saslOf({ mechanism, username, password }: NonNullable<KafkaConnection['sasl']>): SASLOptions {
  const by = { username, password };
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...by };
    case 'scram-sha-256':
      return { mechanism, ...by };
    case 'scram-sha-512':
      return { mechanism, ...by };
  }
}

function pem(name: 'ca' | 'cert' | 'key', file: string | undefined): { readonly [name: string]: string } {
  if (file === undefined) return {};
  try {
    return { [name]: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new Error(`${file} cannot be read: Kafka's TLS needs it`, { cause: error });
  }
}
