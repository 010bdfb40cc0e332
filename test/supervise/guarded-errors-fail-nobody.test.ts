// Every worker throws every one to three seconds, 200 keep-alive connections, ten seconds: with the guard no
// request fails. Without it some do, so that the test sees what it looks for.

import { test } from 'tap';
import { startLoad, underLoad } from '../fixtures/loadgen.js';
import { nothingIsLeft, openSupervisor } from '../fixtures/supervisor.js';

for (const guard of [true, false]) {
  test(guard ? 'with the guard' : 'without', underLoad, async (t) => {
    const options = { workers: 4, guard, maxRestarts: 1_000 };
    const supervised = await openSupervisor(t, options, { APP_THROWS_EVERY_MS: '1000' });
    await supervised.call('start');
    const fds = supervised.fds();
    const port = supervised.port();
    const seconds = guard ? 10 : 4;
    const { report } = startLoad('keep-alive', { port, seconds, concurrency: 200 });
    const { ok, failed, failures, refused, hung } = await report;
    t.comment(`${ok} answered, ${failed} failed, ${supervised.seen('worker:error').length} errors`);
    t.ok(supervised.seen('worker:error').length >= seconds, 'they throw');
    t.equal(hung, 0);
    t.equal(refused, 0);
    if (guard) t.strictSame(failures, {});
    else t.ok(failed > 0, `${failed} failed`);
    const exited = supervised.seen('worker:exited');
    for (const info of exited) t.match(info, { reason: 'error', code: 1 });
    await supervised.call('stop');
    await nothingIsLeft(t, supervised, fds);
  });
}
