import { createHash } from 'node:crypto';
import { supergraphSdl } from '@tsunagari/graphql';
import { getOperationAST, parse } from 'graphql';
import { exceeded, measure, defaultLimits } from '../../gateway/src/limits';
import { unifiedGraph } from '../../gateway/src/unified-graph';
import * as operations from './generated/operations';
import { trustedDocuments } from './generated/trusted-documents';

describe('the operations of @tsunagari/client', () => {
  const texts = Object.entries(operations)
    .filter(([name]) => name.endsWith('Document'))
    .map(([name, document]) => [name, String(document)] as const);

  it('are all trusted documents, by the SHA-256 of what the client sends', () => {
    const hashes = texts.map(([, text]) => createHash('sha256').update(text).digest('hex'));
    expect(hashes.sort()).toEqual(Object.keys(trustedDocuments).sort());
    expect(texts.length).toBeGreaterThan(8);
  });

  it('stay within the limits of the edge, on the widest page', async () => {
    const { apiSchema } = await unifiedGraph({ supergraphSdl, executors: {}, onError: () => undefined });
    for (const [name, text] of texts) {
      const document = parse(text);
      const measured = measure(apiSchema, document, getOperationAST(document)!, { first: 100 });
      expect([name, exceeded(measured, defaultLimits)]).toEqual([name, null]);
    }
  });
});
