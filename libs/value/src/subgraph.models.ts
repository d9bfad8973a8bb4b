import type { RequestContext } from '@tsunagari/graphql';
import type { ValueLoaders, Views } from './value.subgraph';

export type SubgraphContext = RequestContext<ValueLoaders>;

export type CustomerStrategyModel = Views['strategy'];
export type ValueModelModel = Views['valueModel'];
export type PurposeModel = Views['purpose'];
