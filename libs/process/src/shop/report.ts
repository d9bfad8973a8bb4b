import {
  type Client,
  OverviewDocument,
  type OverviewQuery,
  RetentionDocument,
  type RetentionQuery,
  TopCustomersDocument,
  type TopCustomersQuery,
} from '@tsunagari/client';
import { moneyText, quantity, table } from '@tsunagari/deployment';

/** What quickstart shows at its end, asked of the running platform as any front end would ask. */
export async function report(client: Client): Promise<string> {
  const [overview, top, retention] = await Promise.all([
    client.ask(OverviewDocument, {}),
    client.ask(TopCustomersDocument, { orderBy: 'LTV', first: 10 }),
    client.ask(RetentionDocument, { input: { method: 'ON', unit: 'MONTH', units: 12 } }),
  ]);
  for (const { failures } of [overview, top, retention])
    for (const { code, message, path } of failures) throw new Error(`${path?.join('.') ?? 'the report'}: ${code} ${message}`);
  return [
    '',
    'What the shop adds up to',
    totals(overview.data.totals),
    '',
    'The ten most valuable customers, next twelve months',
    mostValuable(top.data),
    '',
    'Retention: of those who first bought in a month, how many bought again n months later (customers)',
    grid(retention.data),
    '',
    "The model's verdict",
    verdict(overview.data.model),
  ].join('\n');
}

function totals({ netRevenue, invoices, knownCustomers, unidentifiedBuyers, byCurrency }: OverviewQuery['totals']): string {
  const sales = byCurrency[0];
  return [
    `  net revenue ${netRevenue ? money(netRevenue) : '–'} over ${quantity(invoices)} invoices`,
    `  ${quantity(knownCustomers)} known customers, and ${quantity(unidentifiedBuyers)} buyers of whom only an invoice is known`,
    ...(sales
      ? [
          `  sales of known customers ${money(sales.sales)}: ${quantity(sales.salesOrders)} orders by ${quantity(sales.salesCustomers)} customers`,
        ]
      : []),
  ].join('\n');
}

function mostValuable({ customers }: TopCustomersQuery): string {
  if (customers.edges.length === 0) return '  nobody yet: the list fills when a model is fitted';
  const rows = customers.edges.map(({ node }, n) => {
    const { identifiers, purchases, ltv, purchaseProbability } = node;
    const currency = ltv?.money?.currency ?? 'GBP';
    const bound = (major: string | undefined): string => (major === undefined ? '–' : whole(Number(major), currency));
    return [
      String(n + 1),
      identifiers[0]?.value ?? '(erased)',
      purchases?.netRevenue ? whole(Number(purchases.netRevenue.amountMinor) / 100, currency) : '–',
      ltv?.money ? whole(Number(ltv.money.amountMinor) / 100, currency) : '–',
      `${bound(ltv?.interval?.low)} – ${bound(ltv?.interval?.high)}`,
      purchaseProbability?.probability == null ? '–' : `${quantity(Number(purchaseProbability.probability) * 100, 1)} %`,
      purchases?.lastPurchase ?? '–',
    ];
  });
  return table(['#', 'customer', 'net so far', 'next 12 months', '95 % of her futures', 'buys in 90 days', 'last purchase'], rows);
}

function grid({ retention }: RetentionQuery): string {
  const months = retention.rows[0]?.cells.map(({ from }) => String(from)) ?? [];
  const rows = retention.rows.map(({ cohort, size, cells }) => [
    cohort,
    quantity(size),
    ...cells.map(({ returned, partial }) => (returned == null ? '' : `${returned}${partial ? '*' : ''}`)),
  ]);
  const average = ['average', '', ...retention.average.map(({ rate }) => (rate == null ? '' : `${Math.round(Number(rate) * 100)} %`))];
  return `${table(['first bought', 'size', ...months], [...rows, average])}\n  * the month is not over for all of them; left out of the average`;
}

function verdict(model: OverviewQuery['model']): string {
  if (!model) return '  no model is fitted';
  const parameters = model.parameters.map(({ name, value }) => `${name} ${Number(value).toPrecision(4)}`).join(', ');
  const { backTest } = model;
  return [
    `  ${model.verdict}`,
    `  ${model.kind} (${parameters}) over ${quantity(model.customers)} customers as of ${model.asOfDay}; ${percent(model.returnRate)} of gross sales come back`,
    ...(backTest
      ? [
          `  back-test ${backTest.calibrationEnd} → ${backTest.holdoutEnd}: predicted ${quantity(Number(backTest.predicted))} purchases, ${quantity(Number(backTest.actual))} happened ` +
            `(bias ${percent(backTest.bias)}${backTest.moneyBias == null ? '' : `, in money ${percent(backTest.moneyBias)}`})`,
          `  ranking who buys: AUC ${decimal(backTest.auc)}, by days since the last purchase alone ${decimal(backTest.aucRecency)}`,
        ]
      : ['  no back-test: too little history']),
  ].join('\n');
}

function money({ amountMinor, currency }: { readonly amountMinor: string; readonly currency: string }): string {
  return moneyText(amountMinor, currency);
}

function whole(major: number, currency: string): string {
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency, maximumFractionDigits: 0 }).format(major);
}

function percent(share: string | number | null | undefined): string {
  return share == null ? '–' : `${quantity(Number(share) * 100, 1)} %`;
}

function decimal(value: string | number | null | undefined): string {
  return value == null ? '–' : quantity(Number(value), 3);
}
