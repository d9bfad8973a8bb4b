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
    limits: {
      type: 'string',
      what: 'of the preview: most identifiers of a type, `email=2,card=3/365`: three within 365 days; others keep theirs',
    },
    priority: { type: 'string', what: 'of the preview: types whose evidence outranks that of others, strongest first, `user_id,email`' },
    'cluster-limit': { type: 'string', what: `of the preview: most identifiers of one customer (${defaultIdentityRules.clusterLimit})` },
    first: { type: 'string', what: 'of the preview: how many customers are named (20)' },
  },
  async run(call) {
    const [what, ...more] = call.positionals;
    if ((what !== undefined && what !== 'preview') || more.length > 0)
      throw new UsageError(`identity has no ${call.positionals.join(' ')}`);
    const { limits, priority, 'cluster-limit': cluster, first } = call.options;
    const wished: IdentityRules = {
      version: 0,
      limits: { ...defaultIdentityRules.limits, ...limitsOf(limits) },
      windows: windowsOf(limits),
      priority: typeof priority === 'string' ? priority.split(',').map((type) => typeOf('priority', type)) : [],
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

function described({ version, limits, windows, priority, clusterLimit }: IdentityRules): string {
  const within = (type: string): string => (windows[type] === undefined ? '' : ` in ${windows[type]} days`);
  const named = Object.entries(limits).map(([type, limit]) => `${type} ${limit}${within(type)}`);
  const ranked = priority.length === 0 ? '' : `; ${priority.join(' before ')} before others`;
  return `${version === 0 ? '' : `version ${version}: `}${named.join(', ')}, others ${LIMIT_OF_OTHERS}, a customer at most ${clusterLimit} identifiers${ranked}`;
}

/** `email=2,card=3/365`: types, limits, and days where there are any. */
function limitsAndDays(text: string | boolean | undefined): readonly (readonly [string, string | undefined, string | undefined])[] {
  if (typeof text !== 'string') return [];
  return text.split(',').map((one) => {
    const [type = '', said] = one.split('=');
    const [limit, days] = said?.split('/') ?? [];
    return [typeOf('limits', type), limit, days] as const;
  });
}

function limitsOf(text: string | boolean | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(limitsAndDays(text).map(([type, limit]) => [type, wholeNumber('limits', limit, Number.NaN, 1)]));
}

function windowsOf(text: string | boolean | undefined): Record<string, number> {
  return Object.fromEntries(
    limitsAndDays(text).flatMap(([type, , days]) => (days === undefined ? [] : [[type, wholeNumber('limits', days, Number.NaN, 1)]])),
  );
}

function typeOf(name: string, type: string): string {
  if (identifierTypeSchema.safeParse(type).success) return type;
  throw new UsageError(`--${name} names types of identifiers, ${identifierTypeSchema.options.join(', ')}; ${type} is none`);
}

function wholeNumber(name: string, text: string | boolean | undefined, otherwise: number, least: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < least) throw new UsageError(`--${name} takes a whole number from ${least} on`);
  return value;
}
