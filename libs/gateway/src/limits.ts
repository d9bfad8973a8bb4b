import { failure } from '@tsunagari/graphql';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';

/** What one operation may ask, over HTTP and WebSocket alike. Chosen by our schema: the widest page our own screens read has a fifth of it. */
export type Limits = {
  /** Bytes of a request. */
  readonly bodyBytes: number;
  /** Lexical tokens of a document. */
  readonly tokens: number;
  /** Fields below one another: `customers.edges.node.ltv.freshness.position` is 6. */
  readonly depth: number;
  /** Aliased fields, counted where they are asked. */
  readonly aliases: number;
  readonly rootFields: number;
  /** Fields that the answer may have: a page counts `first` times, a list without a page {@link LIST_FACTOR} times. */
  readonly cost: number;
};

export const defaultLimits: Limits = { bodyBytes: 256 * 1024, tokens: 2_000, depth: 15, aliases: 50, rootFields: 20, cost: 20_000 };

/** How long a list is taken to be that says nothing about its length. */
export const LIST_FACTOR = 10;

export type Measure = { readonly depth: number; readonly aliases: number; readonly rootFields: number; readonly cost: number };

type Size = { depth: number; aliases: number; fields: number; cost: number };

/**
 * Measures a validated operation without unfolding it: a fragment is measured once, however often it is spread, so a document that
 * doubles itself twenty times costs as little to refuse as any other. Introspection is not measured; graphql-js bounds it.
 */
export function measure(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const measured = new Map<string, Size>();

  const ofSelections = (selections: SelectionSetNode, parent: GraphQLNamedType | undefined, inPage: boolean): Size => {
    const total: Size = { depth: 0, aliases: 0, fields: 0, cost: 0 };
    for (const selection of selections.selections) {
      const size =
        selection.kind === Kind.FIELD
          ? ofField(selection, parent, inPage)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? ofSelections(
                selection.selectionSet,
                selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent,
                inPage,
              )
            : ofFragment(selection.name.value, inPage);
      total.depth = Math.max(total.depth, size.depth);
      total.aliases += size.aliases;
      total.fields += size.fields;
      total.cost += size.cost;
    }
    return total;
  };

  const ofFragment = (name: string, inPage: boolean): Size => {
    const key = `${name} ${inPage}`;
    const known = measured.get(key);
    if (known) return known;
    const fragment = fragments.get(name);
    if (!fragment) return { depth: 0, aliases: 0, fields: 0, cost: 0 };
    const size = ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), inPage);
    measured.set(key, size);
    return size;
  };

  const ofField = (node: FieldNode, parent: GraphQLNamedType | undefined, inPage: boolean): Size => {
    const alias = node.alias ? 1 : 0;
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || !node.selectionSet)
      return { depth: node.name.value.startsWith('__') ? 0 : 1, aliases: alias, fields: 1, cost: field ? 1 : 0 };
    const page = pageSize(node, field, variables);
    const factor = page ?? (isListType(getNullableType(field.type)) && !inPage ? LIST_FACTOR : 1);
    const type = getNamedType(field.type);
    const inside = ofSelections(node.selectionSet, isCompositeType(type) ? type : undefined, page !== null);
    return { depth: inside.depth + 1, aliases: inside.aliases + alias, fields: 1, cost: 1 + factor * inside.cost };
  };

  const root = schema.getRootType(operation.operation) ?? undefined;
  const { depth, aliases, fields, cost } = ofSelections(operation.selectionSet, root, false);
  return { depth, aliases, rootFields: fields, cost };
}

/** The first limit that is exceeded, as the error a client gets; null when none is. */
export function exceeded(measured: Measure, limits: Limits): GraphQLError | null {
  for (const name of ['depth', 'aliases', 'rootFields', 'cost'] as const)
    if (measured[name] > limits[name])
      return failure('LIMIT_EXCEEDED', `This operation has ${name} ${measured[name]}.`, {
        field: name,
        rule: `${name} at most ${limits[name]}`,
        remedy: 'Ask for less at once: smaller pages, fewer fields.',
      });
  return null;
}

/** How many objects the arguments of a field ask for: `first` or `last`, or as many as `ids` names. Null when they say nothing. */
function pageSize(node: FieldNode, field: GraphQLField<unknown, unknown>, variables: Readonly<Record<string, unknown>>): number | null {
  for (const argument of field.args) {
    if (!['first', 'last', 'ids'].includes(argument.name)) continue;
    const given = node.arguments?.find(({ name }) => name.value === argument.name);
    const value: unknown = given ? valueFromASTUntyped(given.value, { ...variables }) : argument.defaultValue;
    if (Array.isArray(value)) return value.length;
    if (typeof value === 'number' && value > 0) return value;
  }
  return null;
}
