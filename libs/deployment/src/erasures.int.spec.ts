import { customerErased } from '@tsunagari/contracts';
import { readConfiguration } from '@tsunagari/runtime';
import { testDatabase } from '@tsunagari/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Deployment, openDeployment } from './deployment';
import { forgetErased } from './erasures';

async function subjectOf({ keyring }: Deployment, value: string): Promise<string> {
  const [known] = await keyring.subjectsOf([{ type: 'user_id', value }], { create: true });
  if (known?.kind !== 'known') throw new Error(`${value} is ${known?.kind ?? 'nothing'}`);
  return known.subject;
}

it('a start forgets whom the log says was erased, though the process before it died between the fact and the keys (failure mode 18)', async () => {
  const database = await testDatabase();
  const home = mkdtempSync(path.join(tmpdir(), 'tsunagari-test-'));
  const open = () => openDeployment(readConfiguration({ DATABASE_URL: database.url, TSUNAGARI_HOME: home }), { role: 'own' });
  try {
    const before = await open();
    const [gone, stays] = [await subjectOf(before, 'gone'), await subjectOf(before, 'stays')];
    const [sealed] = await before.keyring.seal([
      {
        id: '00000000-0000-4000-8000-000000000001',
        definition: customerErased,
        subject: gone,
        data: { subjects: [gone], scope: 'keep-suppression', by: 'user:ops' },
        meta: { actor: 'user:ops', source: 'test', correlationId: 'test' },
        occurred: '2026-01-02T03:04:05.000Z',
      },
    ]);
    if (sealed?.kind !== 'sealed') throw new Error('the fact breaks its contract');
    await before.store.append({ stream: `identifier-${gone}`, expected: 'any', facts: [sealed.fact] });
    expect(await before.keyring.erased([gone, stays])).toEqual(new Set());
    await before.close();

    const after = await open();
    expect(await forgetErased(after)).toBe(1);
    expect(await after.keyring.erased([gone, stays])).toEqual(new Set([gone]));
    expect(await forgetErased(after)).toBe(0);
    await after.close();
  } finally {
    rmSync(home, { recursive: true, force: true });
    await database.drop();
  }
});
