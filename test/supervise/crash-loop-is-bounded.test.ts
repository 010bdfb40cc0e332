// A worker that fails is replaced at once; one that fails again soon, after waits; and too many failures
// stop its seat, with its last words, while the others go on. Never more forks than promised.

import { type Test, test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openSupervisor } from '../fixtures/supervisor.js';

/** What the same comes to with a single fork in each seat. */
async function fdsAfterOne(t: Test, how: string): Promise<number> {
  const supervised = await openSupervisor(t, { maxRestarts: 0 }, { APP_FAILS: how });
  await t.rejects(supervised.call('start'));
  t.equal(supervised.seen('worker:starting').length, 2);
  let fds = supervised.fds();
  await until('its channels are closed', () => {
    const before = fds;
    fds = supervised.fds();
    return fds === before;
  });
  return fds;
}

for (const [how, words] of [
  ['with-words', 'the database is not there'],
  ['by-throwing', 'Error: as the test wants it'],
  ['silently', ''],
] as const) {
  test(`at the start, ${how}`, async (t) => {
    const options = { workers: 2, maxRestarts: 3, backoffMinMs: 20 };
    const supervised = await openSupervisor(t, options, { APP_FAILS: how });
    const error = await supervised.call('start').catch((error) => error);
    t.equal(error.code, 'ERR_RONDO_START_FAILED');
    t.ok(error.message.includes(words), 'with its last words');
    t.equal(supervised.seen('worker:starting').length, 2 * (1 + 3), 'forks');
    t.equal(supervised.seen('worker:exited').length, 2 * (1 + 3));
    t.equal(supervised.seen('seat:waiting').length, 2 * 2, 'the first one is replaced at once');
    const outputs = supervised.events
      .filter(({ event }) => event === 'seat:stopped')
      .map(({ args }) => String(args[1]));
    t.equal(outputs.length, 2);
    for (const output of outputs) t.ok(output.includes(words));
    t.equal(supervised.seen('failed').length, 1);
    t.equal((await supervised.stats()).state, 'failed');
    const afterOne = await fdsAfterOne(t, how);
    await until('no fork has left an fd behind', () => supervised.fds() <= afterOne);
  });
}

test('one seat alone', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2, maxRestarts: 2, backoffMinMs: 20 });
  await supervised.call('start');
  for (let crash = 1; crash <= 3; crash++) {
    const { seats } = await supervised.stats();
    process.kill(seats[0]?.workers[0]?.pid as number, 'SIGKILL');
    if (crash < 3) await supervised.until('worker:ready', 2 + crash);
  }
  await supervised.until('seat:stopped');
  t.strictSame(supervised.seen('seat:stopped'), [0]);
  t.equal(supervised.seen('worker:starting').length, 2 + 2);
  const { seats, state } = await supervised.stats();
  t.equal(state, 'running');
  t.match(seats, [
    { state: 'stopped', failures: 3 },
    { state: 'running', failures: 0 },
  ]);
  const response = await fetch(`http://127.0.0.1:${supervised.port()}/`);
  t.match(await response.json(), { seat: '1' }, 'the other one serves');

  await supervised.call('reload');
  t.equal((await supervised.readyPids()).length, 2, 'a reload brings it back');
});
