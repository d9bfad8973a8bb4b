import { openAccess, openDeployment, openIntake, openServices, storedClock, type Deployment, type Services } from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';

/** What every command is given: its own words, and how the caller wants answers. */
export type Call = {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** Answers as one JSON document on standard output, for programs. */
  readonly json: boolean;
};

/** 0 = done; 1 = it failed, or what was checked is not well; 2 = the words of the call are off. */
export type ExitCode = 0 | 1 | 2;

export type Command = {
  /** How it is called, without `tsunagari`: `import <file>`. */
  readonly usage: string;
  /** One line for the overview. */
  readonly summary: string;
  /** The whole help text below the usage. */
  readonly help: string;
  readonly options?: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly what: string }>>;
  readonly run: (call: Call) => Promise<ExitCode>;
};

/** The words of the call are off; the message says how, the help says how not. */
export class UsageError extends Error {}

/** Prints the answer: as JSON for programs, else as text for people. */
export function answer(call: Call, value: unknown, text: string): void {
  process.stdout.write(call.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
}

/** Opens the deployment beside a platform that may run, does the work, and always closes it again. */
export async function withDeployment<T>(work: (deployment: Deployment) => Promise<T>): Promise<T> {
  const deployment = await openDeployment(storedClock(readConfiguration()), { role: 'join' });
  try {
    return await work(deployment);
  } finally {
    await deployment.close();
  }
}

/** The same with the services wired; nothing of them runs. */
export function withServices<T>(work: (services: Services, deployment: Deployment) => Promise<T>): Promise<T> {
  return withDeployment(async (deployment) => work(openServices(deployment), deployment));
}

export { openAccess, openIntake };
