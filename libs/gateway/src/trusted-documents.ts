import { createHash } from 'node:crypto';
import { failure } from '@tsunagari/graphql';
import type { GraphQLError } from 'graphql';

/** `enforce`: only documents of the manifest run. `log`: others are reported and run. `off`: any document runs. */
export type TrustedDocumentsMode = 'enforce' | 'log' | 'off';

export type TrustedDocuments = {
  readonly mode: TrustedDocumentsMode;
  /** Documents by their SHA-256 in hex, as the build of the clients writes them. */
  readonly manifest: Readonly<Record<string, string>>;
  /** Told of each document that is not in the manifest, when the mode is `log`. */
  readonly onUntrusted?: (sha256: string) => void;
};

/** What a client sends, over HTTP as over WebSocket. */
export type OperationRequest = {
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
};

/**
 * Puts the document in place of its hash (`extensions.persistedQuery.sha256Hash`, the form that APQ has), and refuses what is not
 * trusted. A hash that the manifest does not know goes on to APQ, unless the mode is `enforce`.
 */
export function resolveDocument(
  request: OperationRequest,
  { mode, manifest, onUntrusted }: TrustedDocuments,
): OperationRequest | GraphQLError {
  const hash = request.query === undefined ? hashOf(request) : createHash('sha256').update(request.query).digest('hex');
  const trusted = hash !== null && Object.hasOwn(manifest, hash) ? manifest[hash] : undefined;
  if (trusted !== undefined) return { ...request, query: trusted };
  if (mode === 'enforce')
    return failure('DOCUMENT_NOT_TRUSTED', 'Only documents that were registered with this deployment run here.', {
      rule: 'a document of the manifest, or its SHA-256',
      remedy: 'Add the operation to the client and deploy its manifest, or ask an operator for TRUSTED_DOCUMENTS=log.',
    });
  if (mode === 'log' && hash !== null) onUntrusted?.(hash);
  return request;
}

function hashOf(request: OperationRequest): string | null {
  const persisted = request.extensions?.['persistedQuery'] as { sha256Hash?: unknown } | null | undefined;
  return typeof persisted?.sha256Hash === 'string' ? persisted.sha256Hash : null;
}
