import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getDirectiveValues,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

type Data = Record<string, unknown>;
type Field = { readonly name: string; readonly inside: SelectionSetNode[] };

/** Where a value is missing that must not be. */
export type Hole = readonly (string | number)[];

const TYPE_NAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** The document with the type's name wherever an object may be of several: {@link completeResult} needs it and takes it out again. */
export function withTypeNames(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(types, {
      SelectionSet: {
        leave: (node) => (isAbstractType(types.getParentType()) ? { ...node, selections: [TYPE_NAME, ...node.selections] } : undefined),
      },
    }),
  );
}

/**
 * Completes a merged result as the GraphQL specification wants it: a null where the schema allows none empties the nearest parent
 * that may be null. The planner joins what the subgraphs return: it leaves `[null]` inside `[Customer!]!`, which typed clients
 * trust, and drops a fragment whole when one of its fields is missing.
 */
export function completeResult(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  data: Data,
): { data: Data | null; holes: Hole[] } {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const holes: Hole[] = [];
  const collected = new Map<readonly SelectionSetNode[], Map<GraphQLObjectType, Map<string, Field>>>();

  const isLeftOut = (node: { readonly directives?: readonly DirectiveNode[] }): boolean =>
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true ||
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] === false;

  const applies = (condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean => {
    const named = condition && schema.getType(condition.name.value);
    return !named || named === type || (isAbstractType(named) && schema.isSubType(named, type));
  };

  const collect = (fields: Map<string, Field>, { selections }: SelectionSetNode, type: GraphQLObjectType): void => {
    for (const node of selections) {
      if (isLeftOut(node)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const field = fields.get(key) ?? { name: node.name.value, inside: [] };
        if (node.selectionSet) field.inside.push(node.selectionSet);
        fields.set(key, field);
        continue;
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
      if (fragment && applies(fragment.typeCondition, type)) collect(fields, fragment.selectionSet, type);
    }
  };

  const fieldsOf = (inside: readonly SelectionSetNode[], type: GraphQLObjectType): Map<string, Field> => {
    const byType = collected.get(inside) ?? new Map<GraphQLObjectType, Map<string, Field>>();
    collected.set(inside, byType);
    const known = byType.get(type);
    if (known) return known;
    const fields = new Map<string, Field>();
    for (const selections of inside) collect(fields, selections, type);
    byType.set(type, fields);
    return fields;
  };

  /** Undefined: this value may not be null and is; its parent has to go. */
  const complete = (type: GraphQLOutputType, inside: readonly SelectionSetNode[], value: unknown, path: Hole): unknown => {
    if (isNonNullType(type)) {
      if (value == null) holes.push(path);
      return value == null ? undefined : (complete(type.ofType, inside, value, path) ?? undefined);
    }
    if (value == null) return null;
    if (isListType(type)) {
      if (!Array.isArray(value)) return null;
      const items = value.map((item, index) => complete(type.ofType, inside, item, [...path, index]));
      return items.includes(undefined) ? null : items;
    }
    return isCompositeType(type) ? completeObject(runtimeType(schema, type.name, value as Data), inside, value as Data, path) : value;
  };

  const completeObject = (type: GraphQLObjectType | null, inside: readonly SelectionSetNode[], value: Data, path: Hole): Data | null => {
    if (!type) return null;
    const completed: Data = {};
    for (const [key, { name, inside: below }] of fieldsOf(inside, type)) {
      if (name === '__typename') {
        completed[key] = type.name;
        continue;
      }
      const field = type.getFields()[name];
      const inner = field && complete(field.type, below, value[key], [...path, key]);
      if (inner === undefined) return null;
      completed[key] = inner;
    }
    return completed;
  };

  const root = schema.getRootType(operation.operation) ?? null;
  return { data: completeObject(root, [operation.selectionSet], data, []), holes };
}

function runtimeType(schema: GraphQLSchema, declared: string, value: Data): GraphQLObjectType | null {
  const type = schema.getType(declared);
  if (isObjectType(type)) return type;
  const named = typeof value['__typename'] === 'string' ? schema.getType(value['__typename']) : undefined;
  return isObjectType(named) ? named : null;
}
