import { canRunBroker } from '@tsunagari/cluster';
import { duration, progressBar, table } from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { boardsOf, boardsText } from './boards';
import { distributedPlatform, embeddedPlatform } from './platform';
import { tellStory } from './story';
import { linkTo, toldText } from './telling';
import { FIRST_MONDAY } from './weeks';

const HELP = `npm run story -- [options]      six months of a shampoo brand, its customer Aya and the buyers around her, on a test clock

Everything happens by the commands that a brand and its customers send to GraphQL. The platform has a folder of its own
(<TSUNAGARI_HOME>/story), which is made anew; it stays at the end, so that every link can be followed. Ctrl-C ends it.

  --once          ends after the story
  --json          tells it and its boards as JSON, and ends
  --distributed   every service as a process of its own, on a real broker (java and mvn must be there; npm run build first)
  --buyers …      how many live around Aya (120)
  --seed …        any whole number (1): the same seed tells the same story
`;

/** The story's command line. Exit codes: 0 told, 1 it could not be told, 2 wrong call; undefined: the platform runs on. */
export async function main(argv: readonly string[]): Promise<number | undefined> {
  let values;
  try {
    ({ values } = parseArgs({ args: [...argv], options: OPTIONS }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const [seed, buyers] = [Number(values.seed ?? '1'), Number(values.buyers ?? '120')];
  if (!Number.isInteger(seed) || !Number.isInteger(buyers) || buyers < 0 || buyers > 5000) {
    process.stderr.write(`--seed is a whole number, --buyers one from 0 to 5000\n\n${HELP}`);
    return 2;
  }
  const bundles = path.join('dist', 'apps');
  if (values.distributed === true && !(canRunBroker() && existsSync(path.join(bundles, 'gateway', 'main.js')))) {
    process.stderr.write('--distributed needs java and mvn on the PATH, and the apps: npm run build\n');
    return 1;
  }
  const started = performance.now();
  const given = readConfiguration();
  const home = path.join(given.home, 'story');
  if (existsSync(path.join(home, 'postgres', 'data', 'postmaster.pid'))) {
    process.stderr.write(`A story runs in ${home} already, or was killed there: end it, or remove the folder.\n`);
    return 1;
  }
  rmSync(home, { recursive: true, force: true });
  const bar = progressBar('six months');
  const options = { home, from: FIRST_MONDAY, port: given.port };
  const platform = await (values.distributed === true ? distributedPlatform({ ...options, bundles }) : embeddedPlatform(options));
  try {
    const { telling } = await tellStory(platform, { seed, buyers, onWeek: (week, of, day) => bar.update(week, of, day) });
    bar.end('January to July 2026');
    const boards = await boardsOf(platform);
    if (values.json === true) {
      process.stdout.write(`${JSON.stringify({ told: telling.told, boards }, null, 2)}\n`);
      return 0;
    }
    const token = await platform.tokenOf('admin');
    const of = (...whose: string[]) => telling.told.filter((each) => whose.includes(each.whose));
    const say = (...lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
    say('', 'Aya · 綾さんの半年', toldText(of('customer'), 'Asia/Tokyo'));
    say('', 'The brand', toldText(of('brand'), 'Asia/Tokyo'));
    say('', 'What the platform did not let it do', toldText(of('refusal'), 'Asia/Tokyo'));
    say('', 'The boards in July', boardsText(boards));
    const links = telling.told.flatMap(({ lookup }) => (lookup ? [lookup] : []));
    say('', `Told in ${duration((performance.now() - started) / 1000)}.`);
    if (values.once === true) return 0;
    say(
      '',
      'Look for yourself (GraphiQL):',
      table(
        ['what', 'where'],
        links.map(({ title, query }) => [title, linkTo(platform.url, query, token)]),
      ),
    );
    say('', `The platform stays at ${platform.url}/graphql. Ctrl-C ends it.`);
    await new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
    });
    return 0;
  } finally {
    await platform.stop();
  }
}

const OPTIONS = {
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  distributed: { type: 'boolean' },
  buyers: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
