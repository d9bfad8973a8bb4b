import {
  cancellationRequested,
  type Fact,
  requestAcknowledged,
  requestFulfilled,
  requestRejected,
  requestSubmitted,
  requestWithdrawn,
  taskDone,
  taskOpened,
  voiceRecorded,
} from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import { dissatisfactionsOf, subjectsAmong } from './dissatisfactions';

const [anna, tab, ben] = [
  '00000000-0000-4000-8000-00000000000a',
  '00000000-0000-4000-8000-00000000000b',
  '00000000-0000-4000-8000-00000000000c',
];
/** The tab is Anna's. */
const ownerOf = (subject: string): string => (subject === tab ? anna : subject);
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 2) + minute * 60_000).toISOString();
const period = { from: at(0), to: at(1000), known: at(2000) };
const voice = (subject: string, minute: number, kind = 'trouble'): Fact =>
  recorded(voiceRecorded, { touchpointId: 'shop', voiceId: `v-${minute}`, kind, text: 'x' }, { subject, occurred: at(minute) });
const asks = (requestId: string, minute: number, kind = 'complaint', subject = anna): Fact =>
  recorded(requestSubmitted, { requestId, kind }, { subject, occurred: at(minute) });
const task = (taskId: string, minute: number, about: string): Fact =>
  recorded(
    taskOpened,
    { taskId, title: 'see to it', owner: 'team:success', due: at(5000), about },
    { subject: null, occurred: at(minute) },
  );
const done = (taskId: string, minute: number): Fact =>
  recorded(taskDone, { taskId, by: 'user:mika' }, { subject: null, occurred: at(minute) });
const of = (facts: readonly Fact[]) => dissatisfactionsOf(facts, period, ownerOf);
const about = { kind: 'complaint', by: 'user:mika' };

it('a complaint is answered by any word, and resolved when it is fulfilled only', () => {
  const found = of([
    asks('r1', 0),
    asks('r2', 0),
    asks('r3', 0, 'question'),
    recorded(requestAcknowledged, { requestId: 'r1', ...about }, { occurred: at(1) }),
    recorded(requestRejected, { requestId: 'r2', ...about, ruleRef: 'terms', reason: 'no' }, { occurred: at(3) }),
    recorded(requestFulfilled, { requestId: 'r1', ...about, steps: 1, elapsedS: 1 }, { occurred: at(10) }),
  ]);
  expect(found).toMatchObject([
    { customer: anna, resolvedAfter: 600, cancelAfter: null, watched: 120_000, answered: { duration: 60, happened: true } },
    { resolvedAfter: null, watched: 120_000, answered: { duration: 180, happened: true } },
  ]);
});

it('a voice is resolved by the first task about her that was opened afterwards, whichever of her identifiers said it', () => {
  const found = of([
    task('before', 0, anna),
    voice(tab, 1),
    voice(anna, 1, 'praise'),
    voice(ben, 1, 'dissatisfaction'),
    task('t1', 2, anna),
    task('t2', 3, anna),
    done('before', 4),
    done('t2', 5),
    done('t1', 6),
  ]);
  expect(found).toMatchObject([
    { customer: anna, resolvedAfter: 300, answered: null },
    { customer: ben, resolvedAfter: null, answered: null },
  ]);
});

it('what she withdrew is watched until then, and asking to leave counts from when she complained', () => {
  const cancel = (subject: string, minute: number) =>
    recorded(cancellationRequested, { subscriptionId: 's', effectiveAt: at(9000) }, { subject, occurred: at(minute) });
  const found = of([
    cancel(anna, 0),
    asks('r1', 10),
    recorded(requestWithdrawn, { requestId: 'r1', ...about }, { occurred: at(15) }),
    cancel(tab, 20),
    asks('r2', 30, 'complaint', ben),
    asks('r3', 40, 'cancel', ben),
  ]);
  expect(found).toMatchObject([
    { cancelAfter: 600, watched: 300, answered: { duration: 300, happened: false } },
    { cancelAfter: 600, watched: (2000 - 30) * 60, answered: { happened: false } },
  ]);
});

it('is of the period in which it was said, and knows nothing of what is not known yet', () => {
  const later = recorded(requestFulfilled, { requestId: 'r2', ...about, steps: 1, elapsedS: 1 }, { occurred: at(2000) });
  const found = of([voice(anna, -1), asks('r2', 999), voice(anna, 1000), later]);
  expect(found).toMatchObject([{ resolvedAfter: null, answered: { duration: 1001 * 60, happened: false } }]);
});

it('asks for everybody whom facts speak of: subjects, and whom a task is about', () => {
  const open = recorded(taskOpened, { taskId: 't', title: 'x', owner: 'o', due: at(1) }, { subject: null });
  expect(subjectsAmong([voice(tab, 1), task('t1', 2, ben), open, done('t1', 3)])).toEqual(new Set([tab, ben]));
});
