import { REFUSAL_CODES } from '@tsunagari/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Codes that no answer of the loop's mutations carries, each with the reason. Whoever raises one of them takes it out of here. */
const NOT_OF_THE_LOOP: Readonly<Record<string, string>> = {
  NO_IDENTITY: 'of collectors',
  UNKNOWN_TYPE: 'of collectors',
  ALREADY_RESERVED: 'between a command and its reservation: the caller is told what it means, SECOND_TRIAL or CODE_REUSED',
  OVERLOADED: 'of a store whose queue is full',
  IDENTIFIER_LIMIT: 'why a merge by rules is held back, no answer to a command',
  UNKNOWN_FIELD: 'of collectors and imports: GraphQL validates fields before a command sees them',
  CONSENT_DENIED_FOR_SOURCE: 'of collectors; nothing raises it yet',
  CLUSTER_LIMIT: 'why a merge by rules is held back, no answer to a command',
  ALREADY_MERGED: 'nothing raises it yet',
  UNVERIFIED_LINK: 'nothing raises it yet',
  PLAN_EXISTS: 'nothing raises it: a plan that stands gets its next version',
  NOT_RESERVED: 'between a command and its reservation: no caller can send it',
  STREAM_CLOSED: 'of tombstoned streams, which no command of the loop makes',
  RULE_NOT_VALID: 'of definitions: their decider',
  ZERO_DENOMINATOR_UNDEFINED: 'of definitions: their decider',
  DEFINITION_IN_USE: 'of definitions: their decider',
  NO_BACK_TEST: 'of definitions: their decider',
  UNKNOWN_PROJECTION: 'of generations: their specs of projections',
  UNKNOWN_GENERATION: 'of generations: their specs of projections',
  NO_FORMER_GENERATION: 'of generations: their specs of projections',
  GENERATION_NOT_READY: 'of generations: their specs of projections',
  GENERATION_DIFFERS: 'of generations: their specs of projections',
  GENERATION_STANDS_STILL: 'of generations: their specs of projections',
  REBUILD_RUNNING: 'of generations: their specs of projections',
  UNKNOWN_ATTRIBUTE: 'of definitions: their decider',
  UNKNOWN_METRIC_KIND: 'of definitions: their decider',
  PARTIAL_PERIOD_UNDEFINED: 'of definitions: their decider',
  FEATURE_LEAKS_LABEL: 'of definitions: their decider',
};

const root = path.join(__dirname, '..');
const specs = ['libs', 'apps'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(int|e2e)\.spec\.ts$/.test(file))
    .map((file) => readFileSync(path.join(root, folder, file), 'utf8')),
);
/** Specs that ask the graph of a real platform. */
const overGraphql = specs.filter((text) =>
  /platformUnderTest|startBrand|\/graphql`|test-programs\/spec-(value|touchpoints|subscriptions)/.test(text),
);

it.each(REFUSAL_CODES.filter((code) => !Object.hasOwn(NOT_OF_THE_LOOP, code)))('%s is refused through GraphQL by a test', (code) => {
  const named = new RegExp(`['"]${code}['"]|\\b${code}: `);
  expect(overGraphql.some((text) => named.test(text))).toBe(true);
});

it('every exception is a code of the list', () => {
  expect(Object.keys(NOT_OF_THE_LOOP).filter((code) => !REFUSAL_CODES.some((known) => known === code))).toEqual([]);
});
