import { type PortDeclaration, type PortOf, PortUnavailable } from '@tsunagari/contracts';
import { carryOverHttp } from './port-http';
import { portOver, type PortImplementation } from './local-port';

/** Finds who answers a port: a context of this process, else the process that hosts the owner. */
export type Ports = {
  /** The port of another context. Who answers is found at each call, so it does not matter which context opens first. */
  readonly port: <Declaration extends PortDeclaration>(declaration: Declaration) => PortOf<Declaration>;
  /** Adds what the contexts of this process answer. @throws when two answer the same port. */
  readonly provide: (implementations: readonly PortImplementation[]) => void;
};

/** @param addressOf where the process that hosts a context is; undefined when the configuration does not say. */
export function openPorts(options: {
  readonly contextKey: Uint8Array;
  readonly addressOf: (context: string) => string | undefined;
  readonly timeoutMs?: number;
}): Ports {
  const here = new Map<string, PortImplementation>();
  return {
    provide(implementations) {
      for (const port of implementations) {
        const { name } = port.declaration;
        if (here.has(name)) throw new Error(`two contexts answer the port ${name}`);
        here.set(name, port);
      }
    },
    port: (declaration) => {
      const { name, owner } = declaration;
      const address = options.addressOf(owner);
      const far = address === undefined ? undefined : carryOverHttp(declaration, address, options);
      return portOver(declaration, async (method, input) => {
        const near = here.get(name);
        // As over HTTP: nothing that the two hold is the same object.
        if (near) return json(await near.call(method, json(input)));
        if (!far) throw new PortUnavailable(owner, 'no process of this deployment hosts it');
        return far(method, input);
      });
    },
  };
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
