import type { CommandResult } from '@tsunagari/command';
import type { RequestContext } from './request-context';
import { type CommandRefusedResult, commandRefused } from './refused';

/** What every accepted mutation says beside its own object. */
export type Written = { readonly position: string; readonly repeated: boolean };

/**
 * A mutation's answer: the refusal as a member of the union, or the payload, made after the position was handed on, so that it never
 * shows state older than its append. `payload` reads the object anew.
 */
export async function answer<Payload>(
  result: CommandResult,
  context: Pick<RequestContext, 'appended'>,
  payload: (written: Written) => Promise<Payload> | Payload,
): Promise<CommandRefusedResult | Payload> {
  if (result.kind === 'refused') return commandRefused(result.refusal);
  if (result.position !== null) context.appended(result.position);
  return payload({ position: result.position ?? '0', repeated: result.repeated });
}
