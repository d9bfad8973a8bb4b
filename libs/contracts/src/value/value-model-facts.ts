import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

const reason = z.string().min(1).max(4000);
const ofModel = { valueModelId: brandIdSchema };

/** Whether a layer stands in the source that it is told after, or is our reading of it. The brand's own layers are its own. */
export const layerOriginSchema = z.enum(['own', 'source', 'interpretation']);
const layer = { ...ofModel, layerId: brandIdSchema, text: localisedTextSchema, origin: layerOriginSchema };

/** The motive for staying: why anybody would keep the connection. */
export const connectedValueDefined = defineFact({
  name: 'ConnectedValueDefined',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...layer, motive: localisedTextSchema }),
  examples: [
    {
      valueModelId: 'smooth-hair',
      layerId: 'at-ease',
      text: { ja: '毎朝、髪に手間取らない', en: 'Mornings without a fight with one’s hair' },
      motive: { ja: '自分らしく一日を始めたい', en: 'To start the day as oneself' },
      origin: 'own',
    },
  ],
});

export const experientialValueDefined = defineFact({
  name: 'ExperientialValueDefined',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...layer, parentId: brandIdSchema }),
  examples: [
    {
      valueModelId: 'smooth-hair',
      layerId: 'combs-through',
      parentId: 'at-ease',
      text: { ja: '櫛が引っかからずに通る', en: 'The comb goes through without a catch' },
      origin: 'own',
    },
  ],
});

export const functionalValueDefined = defineFact({
  name: 'FunctionalValueDefined',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...layer, parentId: brandIdSchema, productIds: z.array(z.string().min(1).max(200)).max(200) }),
  examples: [
    {
      valueModelId: 'smooth-hair',
      layerId: 'smooths-cuticle',
      parentId: 'combs-through',
      text: { ja: 'キューティクルを整える', en: 'Smooths the cuticle' },
      productIds: ['SHAMPOO-500'],
      origin: 'own',
    },
  ],
});

export const valueModelPublished = defineFact({
  name: 'ValueModelPublished',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofModel, modelVersion: z.int().min(1), strategyId: brandIdSchema }),
  examples: [{ valueModelId: 'smooth-hair', modelVersion: 1, strategyId: 'smooth-hair' }],
});

/** It is a draft again: its layers may change, and be published as the next version. */
export const valueModelRevised = defineFact({
  name: 'ValueModelRevised',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofModel, reason }),
  examples: [{ valueModelId: 'smooth-hair', reason: 'Online fitness in 2020: the place of use has moved' }],
});

export const valueModelRetired = defineFact({
  name: 'ValueModelRetired',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofModel, reason }),
  examples: [{ valueModelId: 'smooth-hair', reason: 'Taken over by another' }],
});

/** A published example, imported as a draft: its layers follow as facts of their own. */
export const valueModelExampleImported = defineFact({
  name: 'ValueModelExampleImported',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofModel, example: z.string().min(1).max(100) }),
  examples: [{ valueModelId: 'lululemon', example: 'lululemon' }],
});

/** What else the company would have to be able to do. */
export const capabilityGapRecorded = defineFact({
  name: 'CapabilityGapRecorded',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofModel, gapId: brandIdSchema, layerId: brandIdSchema.optional(), needed: reason, present: reason }),
  examples: [
    {
      valueModelId: 'smooth-hair',
      gapId: 'advice',
      layerId: 'combs-through',
      needed: 'Advice for each kind of hair',
      present: 'A leaflet',
    },
  ],
});

/** Its strategy was revised: somebody must look whether the layers still fit. Publishing again takes the flag away. */
export const valueModelReviewFlagged = defineFact({
  name: 'ValueModelReviewFlagged',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofModel, strategyId: brandIdSchema, reason }),
  examples: [{ valueModelId: 'smooth-hair', strategyId: 'smooth-hair', reason: 'Another target' }],
});

export type ConnectedValueDefined = DataOf<typeof connectedValueDefined>;
export type ExperientialValueDefined = DataOf<typeof experientialValueDefined>;
export type FunctionalValueDefined = DataOf<typeof functionalValueDefined>;
export type ValueModelPublished = DataOf<typeof valueModelPublished>;
export type CapabilityGapRecorded = DataOf<typeof capabilityGapRecorded>;

export const valueModelFacts = [
  connectedValueDefined,
  experientialValueDefined,
  functionalValueDefined,
  valueModelPublished,
  valueModelRevised,
  valueModelRetired,
  valueModelExampleImported,
  capabilityGapRecorded,
  valueModelReviewFlagged,
];
