import type { SourceKind } from './recording/observation';

/** A source of events, as its write key names it. */
export type Source = { readonly sourceId: string; readonly kind: SourceKind; readonly disabled?: boolean };

/** Who may send: answered by `access`. Called once per request, so it caches. */
export type SourceDirectory = {
  sourceFor(writeKey: string): Promise<Source | undefined>;
};
