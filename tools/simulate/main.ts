import { identityCommands } from '@tsunagari/customers';
import {
  type Deployment,
  openAccess,
  openDeployment,
  openIntake,
  openServices,
  progressBar,
  quantity,
  storedClock,
  table,
} from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Coverage, proveIntervals, verdictOf } from './proof';
import { type StaffDecision, staffDecisions } from './staff';
import { carryOut } from './staff-at-work';
import { DEFAULT_TRUTH, type Truth } from './truth';
import { arrivalsOf, type FactLine, type SimulatedCustomer, simulateWorld } from './world';

const HELP = `npm run simulate -- [options]          writes the events of a business whose truth is known
npm run simulate -- proof [options]    counts how often the intervals of values and of every model's parameters hold the truth, over many
                                       worlds; fails unless values are held in 92–98 % of cases and each parameter in 90–99 % of worlds

A shop with subscriptions: purchases by MBG/NBD and gamma-gamma, monthly contracts by sBG, returns, pauses, failed payments, a campaign
with a holdout, goals, surveys, visitors who sign in later, shared devices, second accounts, late events and events sent twice; and staff
who merge and split by hand, now and then by mistake. The same seed gives the same events; the first thousand customers of a million are those of a thousand.

  --customers …   how many (1000)
  --seed …        any whole number (1)
  --out …         a file of facts for \`tsunagari import --format facts\`, one JSON object a line; - is standard output
  --into-platform imports them right away, by the importer's path, beside a running platform or without one
  --decisions …   a file for what staff decide about who is who, one JSON object a line, with what is true of it; --into-platform carries
                  it out by the commands that staff have
  --truth …       a file for what is true of every customer, one JSON object a line; the first line is the parameters
  --start …       first day, yyyy-mm-dd (${DEFAULT_TRUTH.start})
  --days …        how long (${DEFAULT_TRUTH.days})
  --by-customer   one customer after the other, in flat memory; by default in the order of arrival, which holds all events

  proof:
  --worlds …      (200)       --customers …  of each world (2000)       --predicted …  whose value is predicted (50)       --json
`;

/** The simulator's command line. Exit codes: 0 done, 1 the intervals do not hold what they promise, 2 wrong call. */
export async function main(argv: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const [what, ...more] = positionals;
  const number = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Number(text));
  const customers = number(values.customers, what === 'proof' ? 2000 : 1000);
  const numbers = { customers, seed: number(values.seed, 1), days: number(values.days, DEFAULT_TRUTH.days) };
  const wrong = Object.entries(numbers).find(([name, value]) => !Number.isInteger(value) || (name !== 'seed' && value < 1));
  if ((what !== undefined && what !== 'proof') || more.length > 0 || wrong) {
    process.stderr.write(`${wrong ? `--${wrong[0]} is a whole number` : `there is no ${[what, ...more].join(' ')}`}\n\n${HELP}`);
    return 2;
  }
  if (what === 'proof')
    return prove({ ...numbers, worlds: number(values.worlds, 200), predicted: number(values.predicted, 50) }, values.json === true);
  if (values.out === undefined && values['into-platform'] !== true) {
    process.stderr.write(`say where the events go: --out or --into-platform\n\n${HELP}`);
    return 2;
  }
  const { days } = numbers;
  const truth: Truth = {
    ...DEFAULT_TRUTH,
    start: values.start ?? DEFAULT_TRUTH.start,
    days,
    acquisitionDays: Math.min(DEFAULT_TRUTH.acquisitionDays, days),
  };
  const told = values.truth === undefined ? undefined : createWriteStream(values.truth);
  told?.write(`${JSON.stringify({ seed: numbers.seed, ...truth })}\n`);
  const world = withTruth(simulateWorld(truth, numbers.seed, customers), told);
  const lines = values['by-customer'] === true ? byCustomer(world, customers) : arrivalsOf(world);
  const counted = { lines: 0 };
  const decisions = staffDecisions(truth, numbers.seed, customers);
  if (values.decisions !== undefined)
    createWriteStream(values.decisions).end(decisions.map((decision) => `${JSON.stringify(decision)}\n`).join(''));
  if (values.out !== undefined) await write(values.out === '-' ? process.stdout : createWriteStream(values.out), lines, counted);
  else if (!(await importInto(lines, counted, decisions, truth))) return 1;
  told?.end();
  process.stderr.write(`${quantity(counted.lines)} events of ${quantity(customers)} customers, seed ${numbers.seed}\n`);
  return 0;
}

const OPTIONS = {
  customers: { type: 'string' },
  seed: { type: 'string' },
  out: { type: 'string' },
  'into-platform': { type: 'boolean' },
  truth: { type: 'string' },
  decisions: { type: 'string' },
  start: { type: 'string' },
  days: { type: 'string' },
  'by-customer': { type: 'boolean' },
  worlds: { type: 'string' },
  predicted: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function* withTruth(world: Iterable<SimulatedCustomer>, told: WriteStream | undefined): Generator<SimulatedCustomer> {
  for (const customer of world) {
    told?.write(`${JSON.stringify(customer.truth)}\n`);
    yield customer;
  }
}

function* byCustomer(world: Iterable<SimulatedCustomer>, customers: number): Generator<FactLine> {
  const bar = progressBar('simulate');
  let done = 0;
  for (const { arrivals } of world) {
    for (const { line } of [...arrivals].sort((a, b) => a.arrives - b.arrives)) yield line;
    done += 1;
    if (done % 100 === 0) bar.update(done, customers, `${quantity(done)} customers`);
  }
  bar.end(`${quantity(customers)} customers`);
}

const PIECE = 500;

/** The lines as bytes, some hundred at a time. */
async function* bytesOf(lines: Iterable<FactLine>, counted: { lines: number }): AsyncGenerator<Buffer> {
  let piece: string[] = [];
  for (const line of lines) {
    piece.push(JSON.stringify(line));
    counted.lines += 1;
    if (piece.length < PIECE) continue;
    yield Buffer.from(`${piece.join('\n')}\n`);
    piece = [];
  }
  if (piece.length > 0) yield Buffer.from(`${piece.join('\n')}\n`);
}

async function write(to: NodeJS.WritableStream, lines: Iterable<FactLine>, counted: { lines: number }): Promise<void> {
  for await (const piece of bytesOf(lines, counted)) if (!to.write(piece)) await once(to, 'drain');
  if (to !== process.stdout) {
    to.end();
    await once(to, 'finish');
  }
}

async function importInto(
  lines: Iterable<FactLine>,
  counted: { lines: number },
  decisions: readonly StaffDecision[],
  truth: Truth,
): Promise<boolean> {
  const deployment = await openDeployment(storedClock(readConfiguration()), { role: 'join' });
  try {
    const intake = openIntake(deployment, await openAccess(deployment));
    const bar = progressBar('import');
    const outcome = await intake.importOrders({
      format: 'facts',
      input: { stream: bytesOf(lines, counted) },
      onProgress: (progress) =>
        bar.update(progress.lines, Array.isArray(lines) ? lines.length : 0, `${quantity(progress.linesPerSecond)} events/s`),
    });
    if (outcome.kind === 'completed') {
      bar.end(`${quantity(outcome.summary.lines)} events, ${quantity(outcome.summary.quarantined)} in quarantine`);
      return outcome.summary.quarantined === 0 && (await decide(deployment, decisions, truth));
    }
    process.stderr.write(`${outcome.kind === 'failed' ? outcome.refusal.rule : 'stopped'}; run the same again to go on\n`);
    return false;
  } finally {
    await deployment.close();
  }
}

/** Staff at work. Identity must be resolved for it: beside a running platform by that, else by a runner for the time being. */
async function decide(deployment: Deployment, decisions: readonly StaffDecision[], truth: Truth): Promise<boolean> {
  const { journal, keyring, path } = deployment;
  const { runner } = openServices(deployment);
  const started = await runner.start();
  if (started.kind !== 'started') {
    process.stderr.write(`${started.explanation} ${started.remedy}\n`);
    return false;
  }
  try {
    await runner.catchUp();
    const { identity } = runner;
    const commands = identityCommands({ identity, journal, keyring, path, waitFor: (position) => runner.waitFor('identity', position) });
    const counted = { accepted: 0, refused: 0, unknown: 0 };
    for await (const { result } of carryOut(decisions, { commands, keyring, identity }, truth)) counted[result.kind] += 1;
    process.stderr.write(`staff: ${quantity(counted.accepted)} merges and splits, ${quantity(counted.refused)} refused\n`);
    return true;
  } finally {
    await runner.stop();
  }
}

function prove(question: { worlds: number; customers: number; predicted: number; seed: number }, json: boolean): number {
  const bar = progressBar('worlds');
  const proof = proveIntervals({ ...question, onWorld: (done) => bar.update(done, question.worlds, `${done} of ${question.worlds}`) });
  const { worlds, customers, seed } = question;
  bar.end(`${quantity(worlds)} worlds of ${quantity(customers)} customers`);
  const { valueHolds, failing } = verdictOf(proof);
  const parametersHold = failing.length === 0;
  if (json) process.stdout.write(`${JSON.stringify({ ...proof, valueHolds, parametersHold, failing }, null, 2)}\n`);
  else {
    const row = ({ what, held, of, open, none }: Coverage): string[] => [
      what,
      of === 0 ? '' : `${quantity((100 * held) / of, 1)} %`,
      `${quantity(held)} of ${quantity(of)}`,
      what.startsWith('value') || open === 0 ? '' : quantity(open),
      none === 0 ? '' : quantity(none),
    ];
    const rows = [...proof.parameters, proof.value, proof.valueOfActive].map(row);
    process.stdout.write(`${table(['the 95 % interval of', 'holds it in', '', 'open at an end', 'none given'], rows)}\n`);
    process.stdout.write(`${quantity(worlds)} worlds of ${quantity(customers)} customers, seed ${seed}: `);
    process.stdout.write(`value within 92–98 %: ${valueHolds ? 'yes' : 'NO'}; `);
    process.stdout.write(`every parameter within 90–99 %: ${parametersHold ? 'yes' : `NO (${failing.join(', ')})`}\n`);
  }
  return valueHolds && parametersHold ? 0 : 1;
}
