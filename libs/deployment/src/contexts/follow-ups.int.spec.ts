import { type FactDefinition, identifierRegistered, streamName, taskOpened, type TaskOpened, voiceRecorded } from '@tsunagari/contracts';
import { commandFactId } from '@tsunagari/privacy';
import { readConfiguration } from '@tsunagari/runtime';
import { testDatabase } from '@tsunagari/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDeployment } from '../deployment';
import { openServices } from '../services';

it('a dissatisfaction that understanding tells becomes one task of the success team; a rebuild tells nothing and opens none', async () => {
  const database = await testDatabase();
  const home = mkdtempSync(path.join(tmpdir(), 'tsunagari-test-'));
  const deployment = await openDeployment(readConfiguration({ DATABASE_URL: database.url, TSUNAGARI_HOME: home }), { role: 'own' });
  const faults: unknown[] = [];
  const services = openServices(deployment, { onRunError: (run, error) => faults.push([run, error]) });
  const { store, log, keyring } = deployment;
  let made = 0;
  const record = async (subject: string, definition: FactDefinition, data: object): Promise<void> => {
    const id = commandFactId(`spec ${made++}`, 0);
    const meta = { actor: 'system:test', source: 'test', correlationId: 'test' };
    const occurred = new Date(Date.parse('2026-01-05T10:00:00.000Z') + made).toISOString();
    const [sealed] = await keyring.seal([{ id, definition, subject, data, meta, occurred }]);
    if (sealed?.kind !== 'sealed') throw new Error(JSON.stringify(sealed));
    await store.append({ stream: streamName('interaction', id), expected: 'any', facts: [sealed.fact] });
  };
  const tasks = async (): Promise<readonly TaskOpened[]> =>
    (await log.read({ after: '0', types: [taskOpened.type], limit: 100 })).facts.map(({ data }) => data as TaskOpened);
  const voiced = (voiceId: string, kind: string) => ({ touchpointId: 'app', voiceId, kind, text: 'no' });
  try {
    const [known] = await keyring.subjectsOf([{ type: 'user_id', value: 'ann' }], { create: true });
    if (known?.kind !== 'known') throw new Error('no subject');
    const ann = known.subject;
    await record(ann, identifierRegistered, { identifierType: 'user_id', value: 'ann', verified: true, kind: 'person' });
    await record(ann, voiceRecorded, voiced('v1', 'trouble'));
    await services.start();
    await services.caughtUp();
    // What she said before anybody followed is history.
    expect(await tasks()).toEqual([]);
    await record(ann, voiceRecorded, voiced('v2', 'praise'));
    await record(ann, voiceRecorded, voiced('v3', 'dissatisfaction'));
    await services.caughtUp();
    const [task, another] = await tasks();
    expect(another).toBeUndefined();
    expect(task).toMatchObject({ owner: 'team:success', about: ann, title: expect.stringContaining('不満') });
    const { rows } = await database.pool.query<{ id: string }>(
      `select id from understanding.outbox where kind = 'DissatisfactionDetected'`,
    );
    expect(rows).toEqual([{ id: task?.taskId }]);
    expect(await services.runner.rebuild('standing', { by: 'user:ops' })).toMatchObject({ kind: 'promoted' });
    await services.caughtUp();
    expect(await tasks()).toHaveLength(1);
    expect(faults).toEqual([]);
  } finally {
    await services.stop();
    await deployment.close();
    rmSync(home, { recursive: true, force: true });
    await database.drop();
  }
}, 120_000);
