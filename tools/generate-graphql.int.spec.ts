import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const TOOL = join(__dirname, 'generate-graphql.mjs');
const people = 'type Person implements Node @key(fields: "id") { id: ID! name: String! }';
const root = 'type Query { person(id: ID!): Person @role(anyOf: ["ops"]) }';

describe('what is generated from the SDL', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'graphql-'));
  });
  afterEach(() => rmSync(checkout, { recursive: true }));

  const given = (files: Record<string, string>): void => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      writeFileSync(join(checkout, path), content);
    }
  };
  const run = (...options: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, ...options], { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };
  const generate = (...options: string[]) => run('--root', checkout, ...options);

  it('is what is committed: supergraph, subgraphs, resolver types and client; no breaking change is unlisted', () => {
    expect(run('--check')).toEqual({ status: 0, said: '' });
  }, 180_000);

  it('a root field without @role, or with a role that does not exist, does not build', () => {
    given({ 'libs/people/src/person.graphql': `${people} type Query { person(id: ID!): Person }` });
    expect(generate()).toEqual({ status: 1, said: expect.stringContaining('Query.person has no @role(anyOf:)') });
    given({ 'libs/people/src/person.graphql': `${people} type Query { person(id: ID!): Person @role(anyOf: ["root"]) }` });
    expect(generate()).toEqual({ status: 1, said: expect.stringContaining('unknown role root') });
  }, 180_000);

  it("a field added to another subgraph's type must be nullable, and what is deprecated says when it goes", () => {
    given({
      'libs/people/src/person.graphql': `${people} ${root}`,
      'libs/grades/src/grade.graphql':
        'extend type Person @key(fields: "id") { id: ID! grade: String! old: Int @deprecated(reason: "later") }',
    });
    const { status, said } = generate();
    expect(status).toBe(1);
    expect(said).toContain('grades adds Person.grade');
    expect(said).toContain('@deprecated(reason: "later") says no day');
  }, 180_000);

  it('a breaking change of the released API fails until the changelog names it', () => {
    given({ 'libs/people/src/person.graphql': `${people} ${root}` });
    expect(generate('--release').status).toBe(0);
    given({ 'libs/people/src/person.graphql': `${people.replace('name: String!', 'fullName: String!')} ${root}` });
    expect(generate()).toEqual({ status: 0, said: expect.stringContaining('Breaks clients') });
    expect(generate('--check')).toEqual({ status: 1, said: expect.stringContaining('`Person.name`') });
    given({ 'CHANGELOG.md': '- Removed `Person.name`: use `Person.fullName`.' });
    expect(generate('--check')).toEqual({ status: 0, said: '' });
  }, 180_000);

  it('an operation of the client that no longer fits the API fails', () => {
    given({
      'libs/people/src/person.graphql': `${people} ${root}`,
      'libs/client/operations/person.graphql': 'query Person($id: ID!) { person(id: $id) { id nickname } }',
    });
    expect(generate('--check')).toEqual({ status: 1, said: expect.stringContaining('nickname') });
    given({ 'libs/client/operations/person.graphql': 'query Person($id: ID!) { person(id: $id) { id name } }' });
    expect(generate().status).toBe(0);
    expect(readFileSync(join(checkout, 'libs/client/src/generated/operations.ts'), 'utf8')).toContain('export const PersonDocument');
  }, 180_000);
});
