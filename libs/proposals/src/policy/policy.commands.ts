import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type PolicyContent } from '@tsunagari/contracts';
import { contentHash } from '../book/content-hash';
import { type PolicyCommand, policyDecider } from './policy.decider';

/** How decisions are made: registering, answering for, activating and retiring. */
export function policyCommands({ path }: { readonly path: CommandPath }) {
  async function execute(command: PolicyCommand, asked: Asked): Promise<CommandResult> {
    if (!brandIdSchema.safeParse(command.policyId).success)
      return {
        kind: 'refused',
        refusal: refusal('INVALID_FIELD', 'policyId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'),
      };
    // The moment is no part of what was asked: a repeat comes later.
    const { at: _, ...body } = { at: null, ...command };
    return path.execute(policyDecider, {
      stream: streamName('policy', command.policyId),
      command,
      body,
      ...envelopeOf(asked, 'proposals'),
    });
  }
  return {
    registerPolicy: ({ policyId, content }: { readonly policyId: string; readonly content: PolicyContent }, asked: Asked) =>
      execute({ kind: 'RegisterPolicy', policyId, content, by: asked.by, hash: contentHash({ policyId, content }) }, asked),
    waivePolicyEvaluation: (
      input: { readonly policyId: string; readonly policyVersion: number; readonly reason: string; readonly until: string },
      asked: Asked,
    ) => execute({ kind: 'WaivePolicyEvaluation', ...input, by: asked.by, at: asked.at }, asked),
    activatePolicy: (
      input: { readonly policyId: string; readonly policyVersion: number; readonly slots: readonly string[] },
      asked: Asked,
    ) => execute({ kind: 'ActivatePolicy', ...input, at: asked.at }, asked),
    retirePolicy: (input: { readonly policyId: string; readonly reason: string }, asked: Asked) =>
      execute({ kind: 'RetirePolicy', ...input }, asked),
  };
}

export type PolicyCommands = ReturnType<typeof policyCommands>;
