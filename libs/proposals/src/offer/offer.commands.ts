import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type OfferContent } from '@tsunagari/contracts';
import { type OfferCommand, offerDecider } from './offer.decider';

/** What the brand can propose. */
export function offerCommands({ path }: { readonly path: CommandPath }) {
  async function execute(command: OfferCommand, asked: Asked): Promise<CommandResult> {
    if (!brandIdSchema.safeParse(command.offerId).success)
      return {
        kind: 'refused',
        refusal: refusal('INVALID_FIELD', 'offerId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'),
      };
    return path.execute(offerDecider, {
      stream: streamName('offer', command.offerId),
      command,
      body: command,
      ...envelopeOf(asked, 'proposals'),
    });
  }
  type Content = { readonly offerId: string; readonly content: OfferContent };
  return {
    createOffer: (input: Content, asked: Asked) => execute({ kind: 'CreateOffer', ...input }, asked),
    reviseOffer: (input: Content, asked: Asked) => execute({ kind: 'ReviseOffer', ...input }, asked),
    publishOffer: (input: { readonly offerId: string }, asked: Asked) => execute({ kind: 'PublishOffer', ...input }, asked),
    withdrawOffer: (input: { readonly offerId: string; readonly reason: string }, asked: Asked) =>
      execute({ kind: 'WithdrawOffer', ...input }, asked),
  };
}

export type OfferCommands = ReturnType<typeof offerCommands>;
