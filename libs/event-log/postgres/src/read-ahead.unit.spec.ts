import type { LogPage, LogRead } from '@tsunagari/event-log';
import { readAhead } from './read-ahead';

const page = (upTo: string, atEnd: boolean): LogPage => ({ facts: [], upTo, atEnd });
const request = (after: string): LogRead => ({ after, limit: 1 });

it('fetches the next page while this one is worked on, and hands it out once', async () => {
  const asked: string[] = [];
  const read = readAhead(async ({ after }) => {
    asked.push(after);
    return page(String(Number(after) + 1), false);
  });
  await read(request('0'));
  expect(asked).toEqual(['0', '1']);
  expect(await read(request('1'))).toEqual(page('2', false));
  expect(asked).toEqual(['0', '1', '2']);
});

it('asks again when the page fetched ahead was the last: more may have come since', async () => {
  let end = '2';
  const read = readAhead(async ({ after }) => (after === '0' ? page('1', false) : page(end, true)));
  await read(request('0'));
  end = '5';
  expect(await read(request('1'))).toEqual(page('5', true));
});

it('asks again when fetching ahead failed', async () => {
  let broken = true;
  const read = readAhead(async ({ after }) => {
    if (after !== '0' && broken) throw new Error('away');
    return page('1', false);
  });
  await read(request('0'));
  broken = false;
  expect(await read(request('1'))).toEqual(page('1', false));
});
