import { z } from 'zod';
import { brandIdSchema, localisedTextSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

const ofService = { serviceId: brandIdSchema };
export const SERVICE_STAGES = ['concept', 'designed', 'implemented', 'launched', 'tuned', 'retired'] as const;
export type ServiceStage = (typeof SERVICE_STAGES)[number];

export const successServiceDesigned = defineFact({
  name: 'SuccessServiceDesigned',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofService,
    purposeId: brandIdSchema,
    serviceKind: z.enum(['advice', 'self_assessment', 'training', 'community', 'consultation', 'routine', 'other']),
    name: localisedTextSchema,
  }),
  examples: [
    {
      serviceId: 'combing-course',
      purposeId: 'smooth-hair',
      serviceKind: 'advice',
      name: { ja: '髪の通りレッスン', en: 'Combing course' },
    },
  ],
});

export const serviceContentAdded = defineFact({
  name: 'ServiceContentAdded',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofService,
    contentId: brandIdSchema,
    purposeId: brandIdSchema,
    title: localisedTextSchema,
    /** A discount, a gift: it makes nobody able to do anything. */
    incentive: z.boolean(),
  }),
  examples: [
    {
      serviceId: 'combing-course',
      contentId: 'wet-or-dry',
      purposeId: 'smooth-hair',
      title: { ja: '濡れ髪か乾いた髪か', en: 'Wet or dry?' },
      incentive: false,
    },
  ],
});

export const meansChosen = defineFact({
  name: 'MeansChosen',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({
    ...ofService,
    touchpointIds: z.array(brandIdSchema).min(1).max(100),
    /** The touchpoint by which a customer answers. */
    returnPathId: brandIdSchema.optional(),
  }),
  examples: [{ serviceId: 'combing-course', touchpointIds: ['member-site'], returnPathId: 'member-site' }],
});

export const successServiceStageChanged = defineFact({
  name: 'SuccessServiceStageChanged',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofService, from: z.enum(SERVICE_STAGES), to: z.enum(SERVICE_STAGES) }),
  examples: [{ serviceId: 'combing-course', from: 'concept', to: 'designed' }],
});

export const successServiceLaunched = defineFact({
  name: 'SuccessServiceLaunched',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofService, purposeId: brandIdSchema }),
  examples: [{ serviceId: 'combing-course', purposeId: 'smooth-hair' }],
});

export const successServiceRetired = defineFact({
  name: 'SuccessServiceRetired',
  context: 'value',
  ofSubject: false,
  data: z.strictObject({ ...ofService, reason: z.string().min(1).max(4000) }),
  examples: [{ serviceId: 'combing-course', reason: 'Another one does it better' }],
});

export type SuccessServiceLaunched = DataOf<typeof successServiceLaunched>;
export type SuccessServiceDesigned = DataOf<typeof successServiceDesigned>;
export type ServiceContentAdded = DataOf<typeof serviceContentAdded>;
export type MeansChosen = DataOf<typeof meansChosen>;

export const serviceFacts = [
  successServiceDesigned,
  serviceContentAdded,
  meansChosen,
  successServiceStageChanged,
  successServiceLaunched,
  successServiceRetired,
];
