import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { streamName } from '@tsunagari/contracts';
import { identityRulesDecider, type WishedRules } from './identity-rules.decider';

/** Rules of identity are data: a change is a fact, and is applied to all history. */
export function identityRulesCommands({ path }: { readonly path: CommandPath }) {
  return {
    changeIdentityRules: ({ limits, windows, priority, clusterLimit }: WishedRules, asked: Asked): Promise<CommandResult> =>
      path.execute(identityRulesDecider, {
        stream: streamName('identityRules', 'current'),
        command: { kind: 'ChangeIdentityRules', limits, windows, priority, clusterLimit, by: asked.by },
        body: { kind: 'ChangeIdentityRules', limits, windows, priority, clusterLimit },
        ...envelopeOf(asked, 'customers'),
      }),
  };
}

export type IdentityRulesCommands = ReturnType<typeof identityRulesCommands>;
