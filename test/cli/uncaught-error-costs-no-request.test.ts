// With the guard, which is on unless --no-guard is given, a request in flight is answered although another
// one has made its worker fail, and the next worker is there at once.

import { test } from 'tap';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const ARGS = ['start', fixture('supervisor-app.mjs'), '-w', '1'];
const ENDED = /^rondo: worker 0 \(pid (\d+)\) ended with code (\d).* \(error\)/m;

test('by default', async (t) => {
  const run = runCli(t, ARGS);
  const port = await run.listening(1);
  const [first] = run.workers();
  const slow = ask(port, '/slow');
  t.equal(JSON.parse(await ask(port, '/throw')).pid, first?.pid);
  await run.listening(2);
  t.equal(JSON.parse(await ask(port)).pid, run.workers()[1]?.pid, 'and serves');
  t.equal(JSON.parse(await slow).pid, first?.pid, 'by the failed worker');
  const [, pid, code] = await run.says(ENDED);
  t.strictSame([Number(pid), code], [first?.pid, '1']);
  const log = run.stderr();
  t.ok(log.lastIndexOf(' starts') < log.search(ENDED), 'the next one did not wait for its end');
  t.match(log, /has an uncaught error: Error: as the test wants it$/m);
});

test('--no-guard', async (t) => {
  const run = runCli(t, [...ARGS, '--no-guard']);
  const port = await run.listening(1);
  const slow = t.rejects(ask(port, '/slow'));
  await ask(port, '/throw').catch(() => {});
  await slow;
  const [, pid, code] = await run.says(ENDED);
  t.strictSame([Number(pid), code], [run.workers()[0]?.pid, '1']);
  await run.listening(2);
  t.equal(JSON.parse(await ask(port)).pid, run.workers()[1]?.pid);
});
