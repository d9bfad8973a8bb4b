import { ROLES, type Role } from '@tsunagari/access';
import { subgraphSchema } from '@tsunagari/graphql';
import {
  execute,
  getNamedType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isUnionType,
  parse,
  valueFromASTUntyped,
} from 'graphql';

/** What every mutation of every context keeps, checked on its SDL: roles are enforced, keys are asked for, refusals are answers. */
export function mutationContract(context: string, typeDefs: string): void {
  const schema = subgraphSchema(typeDefs, {});
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

  describe(`the mutations of ${context}`, () => {
    it.each(mutations.map((field) => [field.name, field] as const))(
      '%s asks for an idempotency key, and answers with a refusal',
      (_, field) => {
        const input = getNamedType(field.args.find(({ name }) => name === 'input')?.type);
        if (!isInputObjectType(input)) throw new Error(`${field.name} has no input`);
        expect(String(input.getFields()['idempotencyKey']?.type)).toBe('String!');
        const expected = input.getFields()['expectedVersion'];
        if (expected) expect(String(expected.type)).toBe('Int');
        const result = getNamedType(field.type);
        expect(isUnionType(result) && result.getTypes().map(({ name }) => name)).toContain('CommandRefused');
      },
    );

    const table = mutations.flatMap(({ name, astNode, args }) => {
      const directive = astNode?.directives?.find((node) => node.name.value === 'role');
      const anyOf = directive?.arguments?.[0] ? valueFromASTUntyped(directive.arguments[0].value) : [];
      const input = args.find((arg) => arg.name === 'input')?.type;
      return [null, ...ROLES].map((role) => ({ name, role, input, allowed: role !== null && (anyOf as Role[]).includes(role) }));
    });
    it.each(table)('$name, asked by $role, is allowed: $allowed', async ({ name, role, input, allowed }) => {
      const { errors = [] } = await execute({
        schema,
        document: parse(`mutation($input: ${String(input)}) { ${name}(input: $input) { __typename } }`),
        variableValues: { input: input ? sampleOf(input) : null },
        contextValue: {
          principal: { kind: role === null ? 'anonymous' : 'staff', roles: role === null ? [] : [role], actor: 'user:spec', subject: null },
        },
      });
      const denied = errors.some(({ extensions }) => extensions['code'] === (role === null ? 'UNAUTHENTICATED' : 'FORBIDDEN'));
      expect(denied).toBe(!allowed);
    });
  });
}

const SCALARS: Readonly<Record<string, unknown>> = {
  DateTime: '2026-01-01T00:00:00.000Z',
  Day: '2026-01-01',
  Decimal: '1',
  Position: '1',
  Int: 1,
  Float: 1,
  Boolean: true,
};

/** A value that a type accepts; enough to reach the role in front of a field. */
export function sampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type))
        .map((field) => [field.name, sampleOf(field.type)]),
    );
  return SCALARS[type.name] ?? 'x';
}
