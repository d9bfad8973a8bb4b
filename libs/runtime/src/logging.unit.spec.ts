import { createLogger } from './logging';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger('info', { service: 'platform' }, { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON object a line with level, moment, service and message', () => {
    const [line, ...others] = logged((log) => {
      log.info({ rows: 3 }, 'imported');
      log.debug('not at this level');
    });
    expect(line).toMatchObject({ level: 'info', service: 'platform', rows: 3, msg: 'imported' });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(others).toEqual([]);
  });

  it('never shows a secret, a personal field or the password of a connection string, wherever it stands', () => {
    const text = JSON.stringify(
      logged((log) => {
        log.info({ password: 'geheim-1', a: { token: 'geheim-2', b: { email: 'geheim-3', c: { authorization: 'geheim-4' } } } }, 'x');
        log.info('connecting to postgres://tsunagari:geheim-5@127.0.0.1:5432/t');
        log.error({ err: new Error('cannot reach postgresql://u:geheim-6@db/t', { cause: new Error('redis://:geheim-7@r/0') }) }, 'failed');
        log.error(Object.assign(new Error('duplicate key'), { code: '23505', constraint: 'parked_key', detail: 'Key (email)=(geheim-8)' }));
      }),
    );
    expect(text).not.toContain('geheim');
    expect(text).toContain('postgres://tsunagari:***@127.0.0.1:5432/t');
    expect(text).toContain('parked_key');
  });
});
