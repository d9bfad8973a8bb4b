import { accept, type Aggregate, decided, type Decider, refuse } from '@tsunagari/command';
import {
  type CapabilityGapRecorded,
  capabilityGapRecorded,
  type ConnectedValueDefined,
  connectedValueDefined,
  type ExperientialValueDefined,
  experientialValueDefined,
  type FunctionalValueDefined,
  functionalValueDefined,
  type LocalisedText,
  refusal,
  valueModelExampleImported,
  valueModelFacts,
  type ValueModelPublished,
  valueModelPublished,
  valueModelRetired,
  valueModelReviewFlagged,
  valueModelRevised,
} from '@tsunagari/contracts';

type Without<T> = Omit<T, 'valueModelId'>;
export type ConnectedValue = Without<ConnectedValueDefined>;
export type ExperientialValue = Without<ExperientialValueDefined>;
export type FunctionalValue = Without<FunctionalValueDefined>;

/** A value model as it stands: three layers, each below the one it serves. */
export type ValueModel = {
  readonly valueModelId: string;
  readonly status: 'draft' | 'published' | 'retired';
  /** Of the newest publication; 0 before the first. */
  readonly modelVersion: number;
  readonly strategyId: string | null;
  readonly example: string | null;
  readonly connected: readonly ConnectedValue[];
  readonly experiential: readonly ExperientialValue[];
  readonly functional: readonly FunctionalValue[];
  readonly gaps: readonly Without<CapabilityGapRecorded>[];
  readonly flags: readonly string[];
  /** Why it was revised, retired: newest last. */
  readonly history: readonly { readonly at: string; readonly what: 'published' | 'revised' | 'retired'; readonly reason: string | null }[];
};

type Layer = { readonly layerId: string; readonly text: LocalisedText };

export type ValueModelCommand = { readonly valueModelId: string } & (
  | ({ readonly kind: 'DefineConnectedValue'; readonly motive: LocalisedText } & Layer)
  | ({ readonly kind: 'DefineExperientialValue'; readonly parentId: string } & Layer)
  | ({ readonly kind: 'DefineFunctionalValue'; readonly parentId: string; readonly productIds: readonly string[] } & Layer)
  /** `strategyExists`: looked up by whoever sends it. */
  | { readonly kind: 'PublishValueModel'; readonly strategyId: string; readonly strategyExists: boolean }
  | { readonly kind: 'ReviseValueModel'; readonly reason: string }
  | { readonly kind: 'RetireValueModel'; readonly reason: string }
  | ({ readonly kind: 'RecordCapabilityGap' } & Without<CapabilityGapRecorded>)
  | { readonly kind: 'ImportValueModelExample'; readonly example: ValueModelExample }
  | { readonly kind: 'FlagForReview'; readonly strategyId: string; readonly reason: string }
);

/** What is told of a company as an example, layer by layer. */
export type ValueModelExample = {
  readonly name: string;
  readonly connected: readonly ConnectedValue[];
  readonly experiential: readonly ExperientialValue[];
  readonly functional: readonly FunctionalValue[];
};

const empty = (valueModelId: string): ValueModel => ({
  valueModelId,
  status: 'draft',
  modelVersion: 0,
  strategyId: null,
  example: null,
  connected: [],
  experiential: [],
  functional: [],
  gaps: [],
  flags: [],
  history: [],
});

const decider: Decider<ValueModelCommand, ValueModel | null> = {
  initial: null,

  evolve(before, { type, data, occurred }) {
    const { valueModelId, ...rest } = data as { valueModelId: string };
    const state = before ?? empty(valueModelId);
    const told = (what: 'published' | 'revised' | 'retired', reason: string | null) => [...state.history, { at: occurred, what, reason }];
    switch (type) {
      case connectedValueDefined.type:
        return { ...state, connected: replaced(state.connected, rest as ConnectedValue) };
      case experientialValueDefined.type:
        return { ...state, experiential: replaced(state.experiential, rest as ExperientialValue) };
      case functionalValueDefined.type:
        return { ...state, functional: replaced(state.functional, rest as FunctionalValue) };
      case valueModelPublished.type: {
        const { modelVersion, strategyId } = data as ValueModelPublished;
        return { ...state, status: 'published', modelVersion, strategyId, flags: [], history: told('published', null) };
      }
      case valueModelRevised.type:
        return { ...state, status: 'draft', history: told('revised', (data as { reason: string }).reason) };
      case valueModelRetired.type:
        return { ...state, status: 'retired', history: told('retired', (data as { reason: string }).reason) };
      case valueModelExampleImported.type:
        return { ...state, example: (data as { example: string }).example };
      case capabilityGapRecorded.type:
        return { ...state, gaps: [...state.gaps, rest as Without<CapabilityGapRecorded>] };
      case valueModelReviewFlagged.type: {
        const { strategyId, reason } = data as { strategyId: string; reason: string };
        return { ...state, flags: [...state.flags, `strategy ${strategyId}: ${reason}`] };
      }
      default:
        return before;
    }
  },

  decide(command, state) {
    const { valueModelId } = command;
    if (state?.status === 'retired')
      return refuse(refusal('VALUE_MODEL_RETIRED', 'valueModelId', 'a retired value model does not change', 'begin another'));
    switch (command.kind) {
      case 'DefineConnectedValue':
      case 'DefineExperientialValue':
      case 'DefineFunctionalValue':
        return defineLayer(command, state);
      case 'ImportValueModelExample': {
        if (state !== null)
          return refuse(
            refusal('VALUE_MODEL_EXISTS', 'valueModelId', 'an example is imported into a value model of its own', 'choose another id'),
          );
        const { name, connected, experiential, functional } = command.example;
        return accept(
          decided(valueModelExampleImported, { valueModelId, example: name }),
          ...connected.map((layer) => decided(connectedValueDefined, { valueModelId, ...layer })),
          ...experiential.map((layer) => decided(experientialValueDefined, { valueModelId, ...layer })),
          ...functional.map((layer) => decided(functionalValueDefined, { valueModelId, ...layer })),
        );
      }
    }
    if (state === null)
      return refuse(
        refusal('UNKNOWN_VALUE_MODEL', 'valueModelId', `no value model is called ${valueModelId}`, 'define its connected value first'),
      );
    switch (command.kind) {
      case 'PublishValueModel': {
        const missing = (['connected', 'experiential', 'functional'] as const).find((layer) => state[layer].length === 0);
        if (missing)
          return refuse(
            refusal('VALUE_LAYER_MISSING', missing, 'a published value model has all three layers', `define its ${missing} value first`),
          );
        if (!command.strategyExists)
          return refuse(
            refusal('NO_CUSTOMER_STRATEGY', 'strategyId', 'a value model belongs to a customer strategy', 'define the strategy first'),
          );
        if (state.status === 'published' && state.strategyId === command.strategyId) return accept();
        return accept(decided(valueModelPublished, { valueModelId, modelVersion: state.modelVersion + 1, strategyId: command.strategyId }));
      }
      case 'ReviseValueModel':
        if (state.status === 'draft')
          return refuse(refusal('VALUE_MODEL_NOT_PUBLISHED', 'valueModelId', 'what is a draft is changed as it is', 'define its layers'));
        return accept(decided(valueModelRevised, { valueModelId, reason: command.reason }));
      case 'RetireValueModel':
        return accept(decided(valueModelRetired, { valueModelId, reason: command.reason }));
      case 'RecordCapabilityGap': {
        const { kind: _, ...gap } = command;
        if (gap.layerId !== undefined && !layerIds(state).includes(gap.layerId))
          return refuse(refusal('UNKNOWN_VALUE_LAYER', 'layerId', 'a gap is of a layer that is defined'));
        return accept(decided(capabilityGapRecorded, gap));
      }
      case 'FlagForReview':
        return accept(decided(valueModelReviewFlagged, { valueModelId, strategyId: command.strategyId, reason: command.reason }));
    }
  },
};

/** From the connected layer down: what has nothing above it has no purpose. */
function defineLayer(command: Extract<ValueModelCommand, { kind: `Define${string}` }>, state: ValueModel | null) {
  const { valueModelId, layerId, text } = command;
  if (state?.status === 'published')
    return refuse(
      refusal('VALUE_MODEL_PUBLISHED', 'valueModelId', 'layers of a published value model stand', 'revise it first, and say why'),
    );
  const layer = { valueModelId, layerId, text, origin: 'own' as const };
  switch (command.kind) {
    case 'DefineConnectedValue':
      return accept(decided(connectedValueDefined, { ...layer, motive: command.motive }));
    case 'DefineExperientialValue':
      if (!state?.connected.some((one) => one.layerId === command.parentId)) return refuse(outOfOrder('an experiential', 'a connected'));
      return accept(decided(experientialValueDefined, { ...layer, parentId: command.parentId }));
    case 'DefineFunctionalValue':
      if (!state?.experiential.some((one) => one.layerId === command.parentId))
        return refuse(outOfOrder('a functional', 'an experiential'));
      return accept(decided(functionalValueDefined, { ...layer, parentId: command.parentId, productIds: command.productIds }));
  }
}

function outOfOrder(lower: string, above: string) {
  return refusal(
    'VALUE_LAYER_ORDER',
    'parentId',
    `${lower} value serves ${above} value that is defined`,
    `define ${above} value first, then name it`,
  );
}

function layerIds({ connected, experiential, functional }: ValueModel): readonly string[] {
  return [...connected, ...experiential, ...functional].map(({ layerId }) => layerId);
}

function replaced<L extends { readonly layerId: string }>(layers: readonly L[], layer: L): readonly L[] {
  return layers.some(({ layerId }) => layerId === layer.layerId)
    ? layers.map((one) => (one.layerId === layer.layerId ? layer : one))
    : [...layers, layer];
}

export const valueModelAggregate: Aggregate<ValueModelCommand, ValueModel | null> = {
  context: 'value',
  category: 'valueModel',
  decider,
  facts: valueModelFacts,
};
