import { identifierTypeSchema } from '@tsunagari/contracts';
import { defaultIdentityRules, type IdentityRules, LIMIT_OF_OTHERS } from '@tsunagari/identity';
import { quantity, table } from '@tsunagari/deployment';
import { answer, type ExitCode, UsageError, withServices, type Command } from '../command';

export const identityCommand: Command = {
  usage: 'identity [preview]',
  summary: 'the rules by which identifiers become one customer; who would merge or come apart under others',
  help: `Without a word: the rules in force. preview: what other rules would make of all customers, changing nothing; the first customers
are named. The rules are changed by the mutation changeIdentityRules, and then for all history.`,
  options: {
    limits: { type: 'string', what: 'of the preview: most identifiers of a type, `email=2,card=3`; others keep theirs' },
    'cluster-limit': { type: 'string', what: `of the preview: most identifiers of one customer (${defaultIdentityRules.clusterLimit})` },
    first: { type: 'string', what: 'of the preview: how many customers are named (20)' },
  },
  async run(call) {
    const [what, ...more] = call.positionals;
    if ((what !== undefined && what !== 'preview') || more.length > 0)
      throw new UsageError(`identity has no ${call.positionals.join(' ')}`);
    const { limits, 'cluster-limit': cluster, first } = call.options;
    const wished: IdentityRules = {
      version: 0,
      limits: { ...defaultIdentityRules.limits, ...limitsOf(limits) },
      clusterLimit: wholeNumber('cluster-limit', cluster, defaultIdentityRules.clusterLimit, 2),
    };
    const examples = wholeNumber('first', first, 20, 0);
    return withServices(async ({ runner: { identity } }): Promise<ExitCode> => {
      if (what === undefined) {
        const { rules, since } = await identity.rules();
        answer(call, { ...rules, since }, `${described(rules)}\nin force since position ${since}`);
        return 0;
      }
      const preview = await identity.preview(wished, { examples });
      const { today, position, wouldMerge, wouldComeApart, customersMore, linksHeld, linksFollowed, merging, apart } = preview;
      const balance =
        customersMore === 0
          ? 'as many customers as today'
          : `${quantity(Math.abs(customersMore))} customers ${customersMore > 0 ? 'more' : 'fewer'}`;
      const examplesOf = [
        ...merging.map(({ customer, customers }) => ['would be one', customer, customers.join(' ')]),
        ...apart.map(({ customer, into }) => ['would come apart', customer, into.join(' ')]),
      ];
      answer(
        call,
        { ...preview, wished },
        [
          `today: ${described(today)}`,
          `then:  ${described(wished)}`,
          `at position ${position}: ${quantity(wouldMerge)} customers would merge, ${quantity(wouldComeApart)} would come apart: ${balance}`,
          `${quantity(linksHeld)} links would be held, ${quantity(linksFollowed)} that are held would be followed`,
          ...(examplesOf.length > 0 ? [table(['', 'customer', 'of or into'], examplesOf)] : []),
        ].join('\n'),
      );
      return 0;
    });
  },
};

function described({ version, limits, clusterLimit }: IdentityRules): string {
  const named = Object.entries(limits).map(([type, limit]) => `${type} ${limit}`);
  return `${version === 0 ? '' : `version ${version}: `}${named.join(', ')}, others ${LIMIT_OF_OTHERS}, a customer at most ${clusterLimit} identifiers`;
}

function limitsOf(text: string | boolean | undefined): Readonly<Record<string, number>> {
  if (typeof text !== 'string') return {};
  return Object.fromEntries(
    text.split(',').map((one) => {
      const [type = '', limit] = one.split('=');
      if (!identifierTypeSchema.safeParse(type).success)
        throw new UsageError(`--limits names types of identifiers, ${identifierTypeSchema.options.join(', ')}; ${type} is none`);
      return [type, wholeNumber('limits', limit, Number.NaN, 1)];
    }),
  );
}

function wholeNumber(name: string, text: string | boolean | undefined, otherwise: number, least: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < least) throw new UsageError(`--${name} takes a whole number from ${least} on`);
  return value;
}
