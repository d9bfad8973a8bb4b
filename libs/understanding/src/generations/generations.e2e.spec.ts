import { projectionPromoted, projectionRebuildCompleted, projectionRebuildStarted, projectionRolledBack } from '@tsunagari/contracts';
import { platformUnderTest, type PlatformUnderTest } from '../../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
beforeAll(async () => (platform = await platformUnderTest()));
afterAll(() => platform.stop());

const changed = '... on ProjectionChanged { generations { generation live phase } } ... on CommandRefused { code field remedy }';

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 40_000;
  while (!(await isTrue())) if (Date.now() > end) throw new Error('it never came to be');
}

async function generations() {
  const { data, errors } = await platform.ask(
    `{ projections { name version lagMs generations { generation version live phase promotes label upTo followed customers done remainingMs
       verification { equal rows differing differingFromLive } error replaced parked } } }`,
  );
  expect(errors).toEqual([]);
  return data.projections.find(({ name }: { name: string }) => name === 'profile').generations;
}

it('rebuilds, goes back and drops by mutations, and each deed is a fact', async () => {
  await platform.send('/v1/identify', { userId: 'anna', traits: { name: 'Anna' }, messageId: 'm1' });
  await platform.send('/v1/identify', { userId: 'ben', traits: { name: 'Ben' }, messageId: 'm2' });
  const { data } = await platform.ask(`mutation { startRebuild(input: { projection: "profile" }) { ${changed} } }`);
  expect(data.startRebuild.generations).toMatchObject([{ generation: 2 }, { generation: 1, live: true, phase: 'READY' }]);
  await until(async () => (await generations())[0].live);
  expect(await generations()).toMatchObject([
    {
      generation: 2,
      live: true,
      phase: 'READY',
      customers: 2,
      done: '1',
      remainingMs: 0,
      replaced: 1,
      verification: { equal: true, rows: 2, differing: [], differingFromLive: [] },
    },
    { generation: 1, live: false, followed: true },
  ]);
  await platform.ask(`mutation { rollBackProjection(input: { projection: "profile" }) { ${changed} } }`);
  expect((await generations())[1]).toMatchObject({ generation: 1, live: true });
  const back = await platform.ask(`mutation { promoteProjection(input: { projection: "profile", generation: 2 }) { ${changed} } }`);
  expect(back.data.promoteProjection.generations[0]).toMatchObject({ generation: 2, live: true });
  const dropped = await platform.ask(`mutation { dropGeneration(input: { projection: "profile", generation: 1 }) { ${changed} } }`);
  expect(dropped.data.dropGeneration.generations).toHaveLength(1);
  const refused = await platform.ask(`mutation { dropGeneration(input: { projection: "profile", generation: 2 }) { ${changed} } }`);
  expect(refused.data.dropGeneration).toMatchObject({ code: 'GENERATION_LIVE', field: 'generation' });

  const types = [projectionRebuildStarted, projectionRebuildCompleted, projectionPromoted, projectionRolledBack].map(({ type }) => type);
  const facts = async () => (await platform.deployment.log.read({ after: '0', types, limit: 100 })).facts;
  await until(async () => (await facts()).length === 5);
  const actor = { actor: expect.stringMatching(/^(user|system):/) };
  expect(await facts()).toMatchObject([
    { type: projectionRebuildStarted.type, data: { projection: 'profile', generation: 2, label: null }, meta: actor },
    { type: projectionRebuildCompleted.type, data: { generation: 2, customers: 2, equal: true, differing: 0 } },
    { type: projectionPromoted.type, data: { generation: 2, replaced: 1 } },
    { type: projectionRolledBack.type, data: { generation: 1, replaced: 2 } },
    { type: projectionPromoted.type, data: { generation: 2, replaced: 1 } },
  ]);
});

it('lets only operations exchange generations', async () => {
  const { errors } = await platform.ask(
    `mutation { promoteProjection(input: { projection: "profile", generation: 1 }) { ${changed} } }`,
    {},
    { role: 'data' },
  );
  expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
});
