import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

/** A way back to her exists: by a code in the package, by registering a product, by signing up. */
export const customerConnected = defineFact({
  name: 'CustomerConnected',
  context: 'touchpoints',
  data: z.strictObject({
    touchpointId: brandIdSchema,
    via: z.enum(['connect_code', 'product', 'sign_up', 'store', 'staff']),
    /** SHA-256 of the code, hex. */
    code: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
  examples: [{ touchpointId: 'package-insert', via: 'connect_code', code: 'b'.repeat(64) }],
});

export const customerDisconnected = defineFact({
  name: 'CustomerDisconnected',
  context: 'touchpoints',
  data: z.strictObject({ touchpointId: brandIdSchema, by: z.enum(['customer', 'company']), reason: z.string().max(500).optional() }),
  examples: [{ touchpointId: 'app', by: 'customer' }],
});

/** A code that a brand prints: it connects one customer once. Only its hash is kept. */
export const connectCodeIssued = defineFact({
  name: 'ConnectCodeIssued',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({
    code: z.string().regex(/^[0-9a-f]{64}$/),
    batchId: brandIdSchema,
    touchpointId: brandIdSchema,
    productId: brandIdSchema.optional(),
  }),
  examples: [{ code: 'b'.repeat(64), batchId: '2026-01', touchpointId: 'package-insert', productId: 'shampoo-400' }],
});

export const connectCodeRedeemed = defineFact({
  name: 'ConnectCodeRedeemed',
  context: 'touchpoints',
  data: z.strictObject({ code: z.string().regex(/^[0-9a-f]{64}$/), touchpointId: brandIdSchema, productId: brandIdSchema.optional() }),
  examples: [{ code: 'b'.repeat(64), touchpointId: 'package-insert', productId: 'shampoo-400' }],
});

/** This very thing is hers. */
export const productRegistered = defineFact({
  name: 'ProductRegistered',
  context: 'touchpoints',
  data: z.strictObject({
    productId: brandIdSchema,
    serial: z.string().min(1).max(100),
    touchpointId: brandIdSchema.optional(),
    /** The subject who had it before: she handed it on. */
    transferredFrom: z.uuid().optional(),
  }),
  examples: [{ productId: 'dryer-2', serial: 'D2-000123', touchpointId: 'member-site' }],
});

export type CustomerConnected = DataOf<typeof customerConnected>;
export type CustomerDisconnected = DataOf<typeof customerDisconnected>;
export type ConnectCodeIssued = DataOf<typeof connectCodeIssued>;
export type ConnectCodeRedeemed = DataOf<typeof connectCodeRedeemed>;
export type ProductRegistered = DataOf<typeof productRegistered>;

export const connectionFacts = [customerConnected, customerDisconnected, connectCodeIssued, connectCodeRedeemed, productRegistered];
