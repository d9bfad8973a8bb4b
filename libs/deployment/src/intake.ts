import { createIntake, type Intake, type IntakeParts } from '@tsunagari/intake';
import type { Access } from './access';
import type { Deployment } from './deployment';

/** The intake over a deployment's adapters, ready to take requests and files. */
export async function openIntake(
  deployment: Deployment,
  access: Access,
  options: Pick<IntakeParts, 'count' | 'onError' | 'limits'> = {},
): Promise<Intake> {
  const { store, keyring, pool, clock } = deployment;
  const intake = createIntake({ store, keyring, pool, sources: access.sources, clock: () => clock.now(), ...options });
  await intake.prepare();
  return intake;
}
