import { z } from 'zod';

/** What a customer reads, in both languages of the platform. */
export const localisedTextSchema = z.strictObject({ ja: z.string().min(1).max(500), en: z.string().min(1).max(500) });
export type LocalisedText = z.infer<typeof localisedTextSchema>;

/** A name that a brand gives: it becomes part of a stream's name. */
export const brandIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'an id of letters, digits, dots, dashes and underscores');
