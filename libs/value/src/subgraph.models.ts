import type { RequestContext } from '@tsunagari/graphql';
import type { Shown } from './aggregates';
import type { ValueLoaders } from './value.subgraph';

export type SubgraphContext = RequestContext<ValueLoaders>;

export type CustomerModel = { readonly customer: string };
export type CustomerStrategyModel = Shown<'strategy'>;
export type ValueModelModel = Shown<'valueModel'>;
export type PurposeModel = Shown<'purpose'>;
export type CustomerGoalModel = Shown<'goal'>;
export type OutcomePromiseModel = Shown<'promise'>;
export type SuccessServiceModel = Shown<'service'>;
export type TuningProcessModel = Shown<'process'>;
export type TuningCycleModel = Shown<'cycle'>;
export type MonitoredResultModel = {
  readonly metricId: string;
  readonly purpose: Shown<'purpose'>;
  /** Null: the last month that is over. */
  readonly period: { readonly from: string; readonly to: string } | null;
};
