import { accept, type Asked, type CommandPath, type CommandResult, type Decider, envelopeOf } from '@tsunagari/command';
import { experienceLearned, streamName, type ExperienceLearned, type Fact } from '@tsunagari/contracts';
import type { ReadModelReader, ReadModelRunner } from '@tsunagari/projection';
import type { OfferUse } from '../offer/offer-use.read-model';

type LearnExperience = { readonly kind: 'LearnExperience' } & ExperienceLearned;

/** Learning the same again changes nothing. */
const experienceDecider: Decider<LearnExperience, ExperienceLearned | null> = {
  initial: null,
  evolve: (state, fact: Fact) => (fact.type === experienceLearned.type ? (fact.data as ExperienceLearned) : state),
  decide: ({ kind: _, ...experience }, state) =>
    state !== null && JSON.stringify(state.offers) === JSON.stringify(experience.offers)
      ? accept()
      : accept({ definition: experienceLearned, subject: null, data: experience }),
};

const PAGE = 500;

/** From now on decisions believe of each offer what was seen of it so far; decisions made before keep what they believed. */
export function experienceCommands({
  path,
  uses,
  runner,
}: {
  readonly path: CommandPath;
  readonly uses: ReadModelReader<OfferUse>;
  readonly runner: Pick<ReadModelRunner, 'status'>;
}) {
  return {
    async learnExperience(asked: Asked): Promise<CommandResult> {
      const [status] = await runner.status();
      const offers: ExperienceLearned['offers'] = [];
      for (let after: { key: string[]; id: string } | null = null; ;) {
        const rows: Awaited<ReturnType<typeof uses.page>> = await uses.page({ after, limit: PAGE });
        for (const { key, state } of rows.slice(0, PAGE))
          if (state.presented > 0)
            offers.push({ offerId: key, presented: state.presented, accepted: Math.min(state.accepted, state.presented) });
        const last = rows[PAGE - 1];
        if (rows.length <= PAGE || last === undefined) break;
        after = { key: [last.key], id: last.key };
      }
      return path.execute(experienceDecider, {
        stream: streamName('experience', 'current'),
        command: { kind: 'LearnExperience', upTo: status?.position ?? '0', offers },
        body: { kind: 'LearnExperience' },
        ...envelopeOf(asked, 'proposals'),
      });
    },
  };
}

export type ExperienceCommands = ReturnType<typeof experienceCommands>;
