import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type LocalBroker, startLocalBroker } from '@tsunagari/cluster/local-broker';

/** PEM files of who shows who it is by a certificate. */
export type Identity = { readonly certFile: string; readonly keyFile: string };

/** A broker of one's own that asks who one is, each way at a door of its own: `host:port`. */
export type SecuredBroker = {
  readonly broker: LocalBroker;
  /** SASL in clear, and within TLS: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly sasl: string;
  readonly saslTls: string;
  /** TLS that lets in only who has a certificate that the authority vouches for. */
  readonly mutual: string;
  /** The PEM file of the authority that vouches for the broker and for `shop`. */
  readonly authority: string;
  readonly shop: Identity;
  /** Whom the broker's authority does not vouch for. */
  readonly stranger: Identity;
};

/** Who is known, and by which password in each mechanism: they differ, so none passes for another. */
export const knownUser = { username: 'shop', plain: 'geheim-plain', 'scram-sha-256': 'geheim-256', 'scram-sha-512': 'geheim-512' } as const;

/** An authority, the broker's certificate, the shop's, and one of an authority that nobody knows. */
function certificates(folder: string) {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  const authority = (name: string): Identity => {
    const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', certFile, '-subj', `/CN=${name}`, '-days', '2');
    return { keyFile, certFile };
  };
  const vouchedFor = (name: string, by: Identity): Identity => {
    const [keyFile, certFile, request, extensions] = ['key', 'pem', 'csr', 'ext'].map((ending) => join(folder, `${name}.${ending}`)) as [
      string,
      string,
      string,
      string,
    ];
    writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n');
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`);
    const signing = ['-CA', by.certFile, '-CAkey', by.keyFile, '-CAcreateserial', '-days', '2', '-extfile', extensions];
    openssl('x509', '-req', '-in', request, '-out', certFile, ...signing);
    return { keyFile, certFile };
  };
  const [known, unknown] = [authority('authority'), authority('nobody')];
  return {
    authority: known,
    broker: vouchedFor('broker', known),
    shop: vouchedFor('shop', known),
    stranger: vouchedFor('stranger', unknown),
  };
}

/** Starts one, for a suite under `describeWith('jvm', …)`; `broker.remove()` ends it. Half a minute. */
export async function securedBroker(): Promise<SecuredBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'tsunagari-secured-'));
  const broker = await startLocalBroker(folder);
  await broker.kill();
  const made = certificates(folder);
  const keystore = join(folder, 'keystore.pem');
  writeFileSync(keystore, readFileSync(made.broker.keyFile, 'utf8') + readFileSync(made.broker.certFile, 'utf8'));
  const doors = [
    ['SASL', 'SASL_PLAINTEXT'],
    ['SASLTLS', 'SASL_SSL'],
    ['MUTUAL', 'SSL'],
  ] as const;
  const ports = await freePorts(doors.length);
  const addresses = doors.map(([name], at) => `,${name}://127.0.0.1:${ports[at]}`).join('');
  const config = join(folder, 'server.properties');
  const given = readFileSync(config, 'utf8')
    .replace(/^(listeners=.*)$/m, `$1${addresses}`)
    .replace(/^(advertised\.listeners=.*)$/m, `$1${addresses}`)
    .replace(/^(listener\.security\.protocol\.map=.*)$/m, `$1${doors.map(([name, protocol]) => `,${name}:${protocol}`).join('')}`);
  writeFileSync(config, given);
  const module = 'org.apache.kafka.common.security';
  const jaas = ['sasl', 'sasltls'].flatMap((door) => [
    `listener.name.${door}.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required user_${knownUser.username}="${knownUser.plain}";`,
    ...['256', '512'].map((bits) => `listener.name.${door}.scram-sha-${bits}.sasl.jaas.config=${module}.scram.ScramLoginModule required;`),
  ]);
  const tls = [
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keystore}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${made.authority.certFile}`,
    'listener.name.mutual.ssl.client.auth=required',
  ];
  appendFileSync(config, ['sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512', ...tls, ...jaas, ''].join('\n'));
  await broker.start();
  const user = ['--entity-type', 'users', '--entity-name', knownUser.username];
  // One mechanism at a time: the broker refuses two changes of a user in one request.
  for (const bits of ['256', '512'] as const) {
    const scram = `SCRAM-SHA-${bits}=[password=${knownUser[`scram-sha-${bits}`]}]`;
    await broker.tool('kafka.admin.ConfigCommand', '--bootstrap-server', broker.brokers, '--alter', '--add-config', scram, ...user);
  }
  const [sasl = 0, saslTls = 0, mutual = 0] = ports;
  return {
    broker,
    sasl: `127.0.0.1:${sasl}`,
    saslTls: `127.0.0.1:${saslTls}`,
    mutual: `127.0.0.1:${mutual}`,
    authority: made.authority.certFile,
    shop: made.shop,
    stranger: made.stranger,
  };
}
