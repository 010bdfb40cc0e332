// A random worker of four is killed every 200 ms under 20,000 short connections: nobody waits for ever, and what
// fails is at most what the dead worker had received.

import { test } from 'tap';
import { startLoad, underLoad } from '../fixtures/loadgen.js';
import { nothingIsLeft, openSupervisor } from '../fixtures/supervisor.js';

const CLIENTS = 64;
const CONNECTIONS = 20_000;

test('kills', { ...underLoad, timeout: 120_000 }, async (t) => {
  const options = { workers: 4, maxRestarts: 100_000, backoffMaxMs: 100 };
  const supervised = await openSupervisor(t, options);
  await supervised.call('start');
  const fds = supervised.fds();
  const port = supervised.port();
  const load = startLoad('http', {
    port,
    // A slow machine has fewer of them.
    seconds: 90,
    concurrency: CLIENTS,
    connections: CONNECTIONS,
  });
  let kills = 0;
  const killing = setInterval(async () => {
    const { seats } = await supervised.stats();
    const ready = seats.flatMap(({ workers }) => workers).filter(({ state }) => state === 'ready');
    const pid = ready[Math.floor(Math.random() * ready.length)]?.pid;
    // The last one alive would only make the rest wait.
    if (typeof pid !== 'number' || ready.length < 2) return;
    try {
      process.kill(pid, 'SIGKILL');
      kills++;
    } catch {
      // It has just ended.
    }
  }, 200);
  t.teardown(() => clearInterval(killing));
  const { started, ok, failed, hung, refused } = await load.report;
  clearInterval(killing);
  const { dispatcher } = await supervised.stats();
  const unfinished = dispatcher?.slots.reduce((sum, slot) => sum + slot.unfinished, 0) ?? 0;
  t.comment(
    `${started} started, ${kills} kills, ${failed} failed, ${unfinished} were being served`,
  );
  t.ok(kills >= 20 && started >= 10_000, 'there was load, and there were kills');
  t.equal(hung, 0);
  t.equal(refused, 0);
  t.equal(ok + failed, started);
  t.ok(failed <= unfinished, 'no more failed than the dead workers were serving');
  t.ok(unfinished <= kills * CLIENTS, 'which are no more than there can be');
  await supervised.call('stop');
  await nothingIsLeft(t, supervised, fds);
});
