import type { Configuration, ProcessName, ServiceName } from '@tsunagari/runtime';
import { contextNames } from './contexts';
import type { ContextName } from './contexts/context';

/** A process that opens a deployment; the relay has no contexts and opens its own adapters. */
export type HostName = Exclude<ProcessName, 'relay'>;

/** What a process hosts. */
export type Hosting = {
  readonly contexts: readonly ContextName[];
  /** Collector and importer, `/v1/*`. */
  readonly intake: boolean;
  /** The edge, `/graphql`; it hands `/v1/*` on where the intake is elsewhere. */
  readonly gateway: boolean;
};

const service = (...contexts: readonly ContextName[]): Hosting => ({ contexts, intake: false, gateway: false });

/** Who hosts what: everything in one process, or a part each. */
export const hosting: Readonly<Record<HostName, Hosting>> = {
  platform: { contexts: contextNames, intake: true, gateway: true },
  gateway: { contexts: [], intake: false, gateway: true },
  value: service('value'),
  touchpoints: { ...service('touchpoints', 'customers', 'subscriptions'), intake: true },
  proposals: service('proposals'),
  understanding: service('understanding'),
};

/** The contexts of a process that stand already. */
export function hostedContexts(process: HostName): readonly ContextName[] {
  return hosting[process].contexts.filter((name) => contextNames.includes(name));
}

/** Where the process is that hosts a context; undefined when the configuration does not say. */
export function addressOf(configuration: Configuration, context: string): string | undefined {
  const host = (Object.keys(configuration.services) as ServiceName[]).find((name) =>
    hosting[name].contexts.some((hosted) => hosted === context),
  );
  return host && configuration.services[host];
}

/** Where the process of the intake is. */
export function intakeAddress({ services }: Configuration): string | undefined {
  return services.touchpoints;
}

/**
 * The schema of a process' folds by customer, and of its journal where the log fills one. The platform's are understanding's; that of
 * a service is none of its contexts' own schemas, whose read models of aggregates keep tables of the same names.
 */
export function schemaOf(process: HostName): string {
  return process === 'platform' || process === 'understanding' ? 'understanding' : `${process}_folds`;
}
