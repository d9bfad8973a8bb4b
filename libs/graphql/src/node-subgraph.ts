import { failure } from './failures';
import { typeOfGlobalId } from './global-id';
import { defineSubgraph, type Subgraph } from './subgraph';

/** The name of the stub subgraph that serves `node` and `nodes`. */
export const NODE_SUBGRAPH = 'node';
const NODES_LIMIT = 100;

/**
 * The SDL of the stub that serves `node(id)`: it knows the types by the name inside the id, their owners fill in the rest.
 * `types` are all types of the graph that implement Node.
 */
export function nodeTypeDefs(types: readonly string[]): string {
  const stubs = types.map((type) => `type ${type} implements Node @key(fields: "id", resolvable: false) {\n  id: ID!\n}`);
  return `type Query {
  "Any object by its id. Null when there is none."
  node(id: ID!): Node @role(anyOf: ["frontend", "marketer", "success", "data", "ops", "admin"])
  "Up to ${NODES_LIMIT} objects by their ids, in their order."
  nodes(ids: [ID!]!): [Node]! @role(anyOf: ["frontend", "marketer", "success", "data", "ops", "admin"])
}

${stubs.join('\n\n')}
`;
}

/** The stub subgraph over the committed `nodeTypes`. It reads nothing: whether the object exists its owner says. */
export function nodeSubgraph(types: readonly string[]): Subgraph {
  const stub = (id: string): { __typename: string; id: string } | null => {
    const type = typeOfGlobalId(id);
    return types.includes(type) ? { __typename: type, id } : null;
  };
  return defineSubgraph({
    name: NODE_SUBGRAPH,
    typeDefs: nodeTypeDefs(types),
    createLoaders: () => ({}),
    resolvers: {
      Query: {
        node: (_: unknown, { id }: { id: string }) => stub(id),
        nodes: (_: unknown, { ids }: { ids: readonly string[] }) => {
          if (ids.length > NODES_LIMIT)
            throw failure('BAD_USER_INPUT', `${ids.length} ids.`, { field: 'ids', rule: `at most ${NODES_LIMIT}` });
          return ids.map(stub);
        },
      },
    },
  });
}
