import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CHANNELS } from '@tsunagari/contracts';
import type { MessageProvider } from '../message/provider';

/**
 * Writes every message as a JSON file `<messageId>.json` into a folder: the embedded default, for trying out and for a mailer of one's own.
 * A message that lies there already is not written again, so it is at most one file whatever happens on the way.
 */
export function spoolProvider(folder: string): MessageProvider {
  return {
    name: 'spool',
    channels: CHANNELS,
    async send(message) {
      const file = path.join(folder, `${message.messageId}.json`);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (await exists(file)) return { kind: 'accepted' };
        const draft = `${file}.${process.pid}.part`;
        await writeFile(draft, `${JSON.stringify(message, null, 2)}\n`, { mode: 0o600, flush: true });
        await rename(draft, file);
        return { kind: 'accepted' };
      } catch (error) {
        return {
          kind: 'rejected',
          permanent: false,
          detail: `the folder cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'error'}`,
        };
      }
    },
    close: async () => undefined,
  };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
