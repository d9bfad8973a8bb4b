import {
  projectionPromoted,
  projectionRebuildCompleted,
  projectionRebuildStarted,
  projectionRolledBack,
  streamName,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId, type Keyring, type PlainFact } from '@tsunagari/privacy';
import type { GenerationChange } from '@tsunagari/projection';

/**
 * What happens to generations, as facts of the stream `projection-<name>`. Told again, it is the same fact: the change's id decides its own.
 */
export function recordGenerationChanges({
  store,
  keyring,
  now,
}: {
  readonly store: EventStore;
  readonly keyring: Pick<Keyring, 'seal'>;
  readonly now: () => string;
}): (id: string, change: GenerationChange) => Promise<void> {
  return async (id, change) => {
    const factId = commandFactId(`generation change ${id}`, 0);
    const fact: PlainFact = {
      id: factId,
      ...asFact(change),
      subject: null,
      meta: { actor: 'by' in change ? change.by : 'system:understanding', source: 'tsunagari', correlationId: factId },
      occurred: now(),
    };
    const [sealed] = await keyring.seal([fact]);
    if (sealed?.kind !== 'sealed') throw new Error(`${change.kind} broke its own contract: ${JSON.stringify(sealed)}`);
    const outcome = await store.append({ stream: streamName('projection', change.projection), expected: 'any', facts: [sealed.fact] });
    // Another process told it first, at another moment: it stands.
    if (outcome.kind !== 'appended' && outcome.kind !== 'mismatch')
      throw new Error(`${change.kind} was not recorded: ${JSON.stringify(outcome)}`);
  };
}

function asFact(change: GenerationChange): Pick<PlainFact, 'definition' | 'data'> {
  const { projection, version, generation } = change;
  const which = { projection, version, generation };
  switch (change.kind) {
    case 'RebuildStarted':
      return { definition: projectionRebuildStarted, data: { ...which, bound: change.bound, label: change.label, by: change.by } };
    case 'RebuildCompleted': {
      const { position, hash, folded, equal, differing, differingFromLive } = change.verification;
      return {
        definition: projectionRebuildCompleted,
        data: {
          ...which,
          position,
          facts: change.facts,
          customers: change.customers,
          busyMs: change.busyMs,
          hash,
          folded,
          equal: equal && (differingFromLive ?? []).length === 0,
          differing: new Set([...differing, ...(differingFromLive ?? [])]).size,
        },
      };
    }
    case 'Promoted':
    case 'RolledBack':
      return {
        definition: change.kind === 'Promoted' ? projectionPromoted : projectionRolledBack,
        data: { ...which, replaced: change.replaced, position: change.position, by: change.by },
      };
  }
}
