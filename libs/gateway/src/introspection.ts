import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

export type IntrospectionUse = 'none' | 'only' | 'mixed';

/**
 * Whether an operation asks for the schema, for data, or for both. The planner answers `data: null` to both, and does not look
 * through fragments: so both is refused, and the schema alone never reaches it.
 */
export function introspectionUse(document: DocumentNode, operation: OperationDefinitionNode): IntrospectionUse {
  const fields = rootFields(document, operation.selectionSet, new Set());
  const asksSchema = fields.has('__schema') || fields.has('__type');
  const asksData = [...fields].some((name) => !name.startsWith('__'));
  if (asksData) return asksSchema ? 'mixed' : 'none';
  return 'only';
}

function rootFields(document: DocumentNode, { selections }: SelectionSetNode, seen: Set<string>): Set<string> {
  const names = new Set<string>();
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      for (const name of rootFields(document, selection.selectionSet, seen)) names.add(name);
    else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = document.definitions.find(
        (node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
      );
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
        for (const name of rootFields(document, fragment.selectionSet, seen)) names.add(name);
    }
  }
  return names;
}
