// Who wants to stop twice does not want to wait: all is ended at once. But npm, npx, dumb-init and a terminal send
// one and the same stop twice, some milliseconds apart, and that costs no request.

import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { begin, bodyOf, noneIsLeft, type Run, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');
const ARGS = ['start', APP, '-w', '2'];

const pairs: Array<[NodeJS.Signals, NodeJS.Signals]> = [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
];

/** Until it has ended; the time in milliseconds since the first stop. */
async function sendAgain(run: Run, signal: NodeJS.Signals): Promise<number> {
  const begun = performance.now();
  await until('a second one counts', async () => {
    run.child.kill(signal);
    await delay(50);
    return run.child.exitCode !== null || run.child.signalCode !== null;
  });
  return performance.now() - begun;
}

for (const [first, second] of pairs) {
  test(`${first}, ${second}: at once`, async (t) => {
    const run = runCli(t, ARGS);
    const response = await begin(await run.listening(2), '/slow');
    run.child.kill(first);
    await delay(10);
    run.child.kill(second);
    t.match(JSON.parse(await bodyOf(response)), { pid: Number });
    t.equal(await run.end, 0);
    await noneIsLeft(run);
  });

  test(`${first}, ${second}: later`, async (t) => {
    const run = runCli(t, ARGS);
    const response = await begin(await run.listening(2), '/stuck');
    run.child.kill(first);
    const ms = await sendAgain(run, second);
    t.equal(await run.end, second === 'SIGTERM' ? 143 : 130);
    t.ok(ms > 1_900, 'after two seconds');
    await noneIsLeft(run);
    response.destroy();
  });
}

test('SIGPWR is a stop too', async (t) => {
  const run = runCli(t, ARGS);
  const response = await begin(await run.listening(2), '/slow');
  run.child.kill('SIGPWR');
  t.match(JSON.parse(await bodyOf(response)), { pid: Number });
  t.equal(await run.end, 0);
});
