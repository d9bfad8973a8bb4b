import type { Refused } from './actor';

/** Something to look up for oneself: a query of GraphQL. */
export type Lookup = { readonly title: string; readonly query: string };

export type Told = {
  readonly at: string;
  readonly whose: 'brand' | 'customer' | 'refusal';
  readonly text: string;
  /** What the customer saw, in her language. */
  readonly shown?: { readonly ja: string; readonly en: string };
  readonly lookup?: Lookup;
};

/** What happened, in the order in which it did. */
export type Telling = {
  readonly told: readonly Told[];
  readonly brand: (text: string, lookup?: Lookup) => void;
  readonly customer: (text: string, more?: Pick<Told, 'shown' | 'lookup'>) => void;
  /** What the platform did not let anybody do. */
  readonly refused: (attempt: string, by: Refused) => void;
};

export function telling(now: () => string): Telling {
  const told: Told[] = [];
  return {
    told,
    brand: (text, lookup) => void told.push({ at: now(), whose: 'brand', text, ...(lookup ? { lookup } : {}) }),
    customer: (text, more = {}) => void told.push({ at: now(), whose: 'customer', text, ...more }),
    refused: (attempt, { code, rule }) => void told.push({ at: now(), whose: 'refusal', text: `${attempt}: ${code} (${rule})` }),
  };
}

/** Behind the `#` of the graph's address: GraphiQL opens with the query, and the token never reaches a server's log. */
export function linkTo(url: string, query: string, token: string): string {
  return `${url}/graphql#query=${encodeURIComponent(query)}&token=${token}`;
}

/** What was told, as a person reads it. */
export function toldText(told: readonly Told[], timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short' });
  return told
    .flatMap(({ at, whose, text, shown, lookup }) => [
      `  ${day.format(new Date(at)).padStart(6)}  ${whose === 'refusal' ? 'refused  ' : ''}${text}`,
      ...(shown ? [`            「${shown.ja}」 ${shown.en}`] : []),
      ...(lookup ? [`            ${lookup.title}: ${lookup.query}`] : []),
    ])
    .join('\n');
}
