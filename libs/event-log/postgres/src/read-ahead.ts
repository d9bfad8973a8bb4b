import type { LogPage, LogRead } from '@tsunagari/event-log';

type Read<F> = (read: LogRead) => Promise<LogPage<F>>;

/** So many readers may go through the log at once before they lose each other's next page. */
const readers = 4;

/**
 * Fetches a reader's next page while it works on this one: on a replay the server and the process work at the same time. Only a
 * full page is ever handed out from here: facts never change, but that a page was the last may be old news.
 */
export function readAhead<F>(read: Read<F>): Read<F> {
  const pages = new Map<string, Promise<LogPage<F> | undefined>>();

  const fetchNext = (request: LogRead): void => {
    const oldest = pages.keys().next().value;
    if (pages.size >= readers && oldest !== undefined) pages.delete(oldest);
    pages.set(
      key(request),
      read(request).catch(() => undefined),
    );
  };

  return async (request) => {
    const fetched = pages.get(key(request));
    pages.delete(key(request));
    const ahead = await fetched;
    const page = ahead && !ahead.atEnd ? ahead : await read(request);
    if (!page.atEnd) fetchNext({ ...request, after: page.upTo });
    return page;
  };
}

function key({ after, limit, types, upTo }: LogRead): string {
  return JSON.stringify([after, limit, types, upTo]);
}
