import { trustedDocuments } from '@tsunagari/client';
import type { TrustedDocuments } from '@tsunagari/gateway';

/** The documents that this deployment knows: those of @tsunagari/client. */
export function trustedDocumentsOf(mode: TrustedDocuments['mode'], onUntrusted: (sha256: string) => void): TrustedDocuments {
  return { mode, manifest: trustedDocuments, onUntrusted };
}
