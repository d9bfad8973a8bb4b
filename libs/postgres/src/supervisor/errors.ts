import { statfsSync } from 'node:fs';

/** Why the embedded server could not be started. */
export type SupervisorFault =
  | 'BINARIES_MISSING'
  | 'LIBRARIES_MISSING'
  | 'NO_UNPRIVILEGED_USER'
  | 'FOLDER_IN_USE'
  | 'PASSWORD_MISSING'
  | 'OTHER_VERSION'
  | 'DISK_FULL'
  | 'START_FAILED';

/** The embedded server could not be started; the message names the cause and what to do about it. */
export class SupervisorError extends Error {
  constructor(
    readonly fault: SupervisorFault,
    message: string,
  ) {
    super(message);
    this.name = 'SupervisorError';
  }
}

/** On a full disk PostgreSQL cannot even log why it ended. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < 1_000_000;
}

/** Reads what PostgreSQL or the loader said and turns it into an error with a remedy. */
export function explainFailure(step: string, output: string, folder: string): SupervisorError {
  if (/No space left on device|ENOSPC|Disk quota exceeded/i.test(output) || isFull(folder))
    return new SupervisorError(
      'DISK_FULL',
      `${step}: the disk that holds ${folder} is full. Free some space and start again; nothing acknowledged is lost.`,
    );
  if (/error while loading shared libraries|Library not loaded|image not found/i.test(output))
    return new SupervisorError(
      'LIBRARIES_MISSING',
      `${step}: PostgreSQL's libraries are not linked, because install scripts were blocked. Run "npm ci" with scripts allowed (without --ignore-scripts), then start again.`,
    );
  const tail = output.trim().split('\n').slice(-8).join('\n  ');
  return new SupervisorError('START_FAILED', `${step} failed. PostgreSQL said:\n  ${tail}`);
}
