import { createIntake, type Intake, type IntakeParts } from '@tsunagari/intake';
import type { Access } from './access';
import type { Deployment } from './deployment';

/** The intake over a deployment's adapters, ready to take requests and files. */
export function openIntake(
  deployment: Deployment,
  access: Access,
  options: Pick<IntakeParts, 'count' | 'onError' | 'limits'> = {},
): Intake {
  const { store, keyring, pool, dataSource, clock } = deployment;
  return createIntake({ store, keyring, pool, dataSource, sources: access.sources, clock: () => clock.now(), ...options });
}
