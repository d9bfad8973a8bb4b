export * from './read-models';
export { valueCommands, valueSubgraph } from './value.subgraph';
export type { ValueSubgraphOptions } from './value.subgraph';
export { valueReactors, valueHandlers } from './value.reactors';
