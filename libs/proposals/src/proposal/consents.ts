import type { Channel, ConsentQuestion } from '@tsunagari/contracts';
import type { Catalogue } from '@tsunagari/decisioning';
import type { DecisionPorts } from './proposals.ports';

/** What a customer has agreed to, as far as the offers of a catalogue ask. */
export type Consents = {
  /** By `<category>` or `<category>/<channel>`. */
  readonly granted: Readonly<Record<string, boolean>>;
  readonly profiling: 'granted' | 'denied' | 'unknown';
};

/**
 * Asks for many customers at once, each by all her subjects: an address that may be reached is enough for its channel. Whether her
 * understanding may be used is asked of her first subject.
 */
export async function consentsOf(
  mayContact: DecisionPorts['mayContact'],
  catalogue: Pick<Catalogue, 'offers'>,
  customers: readonly { readonly customer: string; readonly subjects: readonly string[] }[],
  at: string,
): Promise<readonly Consents[]> {
  const wanted = [
    ...new Map(
      catalogue.offers.flatMap(({ consent, channel }) =>
        consent === null ? [] : [[keyOf(consent, channel), { consent, channel }] as const],
      ),
    ).entries(),
  ];
  const questions: ConsentQuestion[] = [];
  for (const { customer, subjects } of customers) {
    questions.push({ subject: customer, category: 'profiling', at });
    for (const [, { consent, channel }] of wanted)
      for (const subject of subjects)
        questions.push({ subject, category: consent, at, ...(channel === null ? {} : { channel: channel as Channel }) });
  }
  const verdicts = await mayContact(questions);
  let next = 0;
  return customers.map(({ subjects }) => {
    const profiling = verdicts[next++];
    const granted: Record<string, boolean> = {};
    for (const [key] of wanted) {
      granted[key] = verdicts.slice(next, next + subjects.length).some((verdict) => verdict.kind === 'allowed');
      next += subjects.length;
    }
    return {
      granted,
      profiling: profiling?.kind === 'allowed' ? 'granted' : profiling?.reason === 'NO_CONSENT' ? 'unknown' : 'denied',
    };
  });
}

function keyOf(consent: string, channel: string | null): string {
  return channel === null ? consent : `${consent}/${channel}`;
}
