import type { Sources } from '@tsunagari/access';

/** Who may send: the part of `access` that the collector asks, once per request. */
export type SourceDirectory = Pick<Sources, 'sourceFor'>;
