import { openDeployment, openServices } from '@tsunagari/deployment';
import { behaviourRecorded, dayClosed, type FactDefinition, identifierRegistered, orderPlaced } from '@tsunagari/contracts';
import { readConfiguration } from '@tsunagari/runtime';
import { parse } from 'graphql';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BenchmarkRow } from './benchmark';

const FACTS = 1_000;
const OTHERS = 100_000;

/** Everything that understanding says of a customer: folds, and what is concluded from them. */
const HERS = parse(`query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Customer {
  purchases { netRevenue { amountMinor } freshness { position } } profile { kind } attributes { name value }
  holdings { monthlyRevenue { amountMinor } } usage { uses30Days } connection { interactions90Days } satisfaction { nps { value } }
  stage { stageId } segments { segmentId } needs { needId } health { probability } } } }`);

/**
 * One customer with 1,000 facts as of the moment of the last of them, as the gateway asks understanding for her: identity of then, the
 * facts within the bounds read and folded by every projection, all of her fields. Beside her 100,000 facts of others.
 */
export async function asOfBenchmark({ quick }: { readonly quick: boolean }): Promise<BenchmarkRow[]> {
  const home = mkdtempSync(path.join('dist', 'bench-as-of-'));
  const deployment = await openDeployment({ ...readConfiguration({}), home, fixedClock: '2025-06-01T00:00:00.000Z' }, { role: 'own' });
  const services = openServices(deployment, { contexts: ['understanding'], without: ['days'] });
  try {
    const { rows } = await deployment.pool.query<{ customer: string }>(`select md5('she')::uuid as customer`);
    const customer = rows[0]?.customer ?? '';
    const fill = filling(deployment.pool);
    await fill(
      identifierRegistered,
      1,
      'she',
      `json_build_object('identifierType', 'user_id', 'value', 'she', 'verified', true, 'kind', 'person')`,
    );
    await fill(orderPlaced, FACTS / 2, 'she', ORDER);
    await fill(behaviourRecorded, FACTS / 2 - 1, 'she', USE);
    const half = await deployment.log.head();
    await fill(dayClosed, 1, null, `json_build_object('date', '2025-05-31', 'timeZone', 'UTC')`);
    await fill(orderPlaced, OTHERS, 'others', ORDER);
    await services.start();
    await services.caughtUp();
    const subgraph = services.subgraphs.find(({ name }) => name === 'understanding');
    const closed = await deployment.log.read({ after: half, limit: 1 });
    const moment = closed.upTo;
    const ask = async (): Promise<number> => {
      const from = performance.now();
      const answer = await subgraph?.execute({
        document: HERS,
        variables: { representations: [{ __typename: 'Customer', id: `Customer:${customer}@${moment}` }] },
        context: { requestId: 'bench', principal: { kind: 'staff', roles: ['admin'], actor: 'user:bench', subject: null }, atLeast: null },
      });
      const took = performance.now() - from;
      const [found] = (answer?.data?.['_entities'] ?? []) as { attributes?: { name: string; value: string }[] }[];
      if (answer?.errors?.length || found?.attributes?.find(({ name }) => name === 'purchases')?.value === '0')
        throw new Error(`she was not folded: ${JSON.stringify(answer).slice(0, 500)}`);
      return took;
    };
    for (let n = 0; n < 50; n++) await ask();
    const runs: number[] = [];
    for (let n = 0; n < (quick ? 100 : 500); n++) runs.push(await ask());
    return [
      {
        id: 'as-of',
        workload: `a customer with ${FACTS.toLocaleString('en-GB')} facts as of a moment, every field of understanding, inside the service`,
        unit: 'ms',
        runs,
        target: '< 20 ms at the median',
        note: `beside ${OTHERS.toLocaleString('en-GB')} facts of others; four folds`,
      },
    ];
  } finally {
    await services.stop();
    await deployment.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const ORDER = `json_build_object('orderId', 'order ' || i, 'lines', json_build_array(json_build_object('sku', 'sku-' || (i % 97), 'description', 'in a box',
  'quantity', 1 + i % 5, 'unitPrice', '2.55')), 'total', json_build_object('amountMinor', 255 * (1 + i % 5), 'currency', 'GBP'),
  'sales', json_build_object('amountMinor', 255 * (1 + i % 5), 'currency', 'GBP'))`;
const USE = `json_build_object('call', 'track', 'name', 'Used', 'properties', json_build_object())`;

type Queries = { readonly query: (text: string, values: readonly unknown[]) => Promise<unknown> };

/** Facts straight into the table: what is measured begins when they stand there. `who` null: facts of nobody; others are a hundred people. */
function filling(pool: Queries) {
  return (definition: FactDefinition, count: number, who: 'she' | 'others' | null, data: string): Promise<unknown> =>
    pool.query(
      `insert into events (pos, stream_id, version, id, digest, type, schema, subject, data, meta, occurred, recorded)
       select (select coalesce(max(pos), 0) from events) + i, $1 || '-' || i, 1, gen_random_uuid(), decode(md5(i::text), 'hex'), $2, $3,
         case $4 when 'she' then md5('she')::uuid when 'others' then md5('other ' || i % 100)::uuid end, ${data},
         json_build_object('actor', 'system:bench', 'source', 'bench', 'correlationId', md5(i::text)),
         timestamptz '2024-01-01' + (i::bigint * 79190 % 40000000) * interval '1 second', now()
       from generate_series(1, $5::int) i`,
      [`${definition.name}-${who ?? 'all'}`, definition.type, definition.version, who ?? 'none', count],
    );
}
