export * from './read-models';
export { valueSubgraph } from './value.subgraph';
export type { ValueSubgraphOptions } from './value.subgraph';
export { valueReactors, valueHandlers } from './value.reactors';
export { definitionUses, goalAnswers } from './value.ports';
