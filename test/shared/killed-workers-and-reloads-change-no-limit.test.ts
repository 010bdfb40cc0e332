// A limit that all workers keep is exact: with a worker that is killed in the middle and replaced, and over rolling
// reloads under load. What was counted before is counted after.

import http from 'node:http';
import { type Test, test } from 'tap';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

const LIMIT = 100;
const REQUESTS = 1_000;
const CLIENTS = 100;
const RUNS = Number(process.env.RONDO_TEST_RUNS ?? 5);
const RELOADS = 10;
/** During each. */
const REQUESTS_BESIDE = 200;

const limited = {
  exec: fixture('limited-app.mjs'),
  workers: 4,
  minUptimeMs: 50,
  maxRestarts: 1_000,
};

/** The status and the text, or a status of 0 where the connection failed. */
function get(port: number, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const failed = () => resolve({ status: 0, text: '' });
    const request = http.get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', failed);
    });
    request.once('error', failed);
  });
}

interface Answers {
  passed: number;
  limited: number;
  failed: number;
}

/** So many requests for one path, by so many clients; `then` is called with how many are through. */
async function load(
  port: number,
  path: string,
  requests: number,
  then: (done: number) => void = () => {},
): Promise<Answers> {
  const answers: Answers = { passed: 0, limited: 0, failed: 0 };
  let started = 0;
  let done = 0;
  const client = async (): Promise<void> => {
    while (started < requests) {
      started++;
      const { status } = await get(port, path);
      if (status === 200) answers.passed++;
      else if (status === 429) answers.limited++;
      else answers.failed++;
      then(++done);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return answers;
}

/** What the workers say of a path. */
async function countOf({ port }: Supervised, path: string): Promise<Count> {
  const { text } = await get(port(), `/count${path}`);
  return JSON.parse(text);
}

interface Count {
  passed: number;
  remaining: number;
}

async function started(t: Test): Promise<Supervised> {
  const supervised = await openSupervisor(t, limited);
  await supervised.call('start');
  return supervised;
}

test('a worker is killed in the middle', nativeOnly, async (t) => {
  const supervised = await started(t);
  for (let run = 0; run < RUNS; run++) {
    const path = `/${run}`;
    const [pid] = await supervised.readyPids();
    const exits = supervised.seen('worker:exited').length;
    const { passed, failed } = await load(supervised.port(), path, REQUESTS, (done) => {
      // Some of what passes comes before, and some after it.
      if (done === LIMIT / 2) process.kill(pid as number, 'SIGKILL');
    });
    // A killed worker may have taken, and neither counted that nor answered.
    const { remaining, passed: counted } = await countOf(supervised, path);
    t.equal(remaining, 0, `run ${run}: all of the limit is taken`);
    t.ok(counted === LIMIT || counted === LIMIT - 1, `by as many: ${counted}`);
    const isExact = passed <= LIMIT && passed + failed >= LIMIT;
    t.ok(isExact, `${passed} clients passed, and ${failed} had no answer`);
    await supervised.until('worker:exited', exits + 1);
    await supervised.until('worker:ready', limited.workers + run + 1);
  }
});

test('rolling reloads under load', nativeOnly, async (t) => {
  const supervised = await started(t);
  const answers: Answers[] = [];
  for (let reload = 0; reload < RELOADS; reload++) {
    const [, one] = await Promise.all([
      supervised.call('reload'),
      load(supervised.port(), '/reloaded', REQUESTS_BESIDE),
    ]);
    answers.push(one);
  }
  const sum = (key: keyof Answers) => answers.reduce((total, one) => total + one[key], 0);
  t.strictSame(
    { passed: sum('passed'), limited: sum('limited'), failed: sum('failed') },
    { passed: LIMIT, limited: REQUESTS_BESIDE * RELOADS - LIMIT, failed: 0 },
  );
  const count = await countOf(supervised, '/reloaded');
  t.strictSame(count, { passed: LIMIT, remaining: 0 }, 'no count is lost');
});
