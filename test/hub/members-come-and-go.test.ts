// What the others know of a member is told when it comes, changes, goes and comes back; and without the primary those that know
// each other go on.

import { test } from 'tap';
import { isAlive, proceed, settles, stop, until } from '../fixtures/faults.js';
import { startHubs, startMember, variableOf } from '../fixtures/hub.js';

test('thousands of events, and a member that misses the news', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('late'));
  await program.worker(1, () => record('early'));
  await stop(program.pids[1] as number);
  // More than the directory keeps for one that does not read: it is let go, and comes back.
  const count = await program.worker(1, async ({ delay }) => {
    const names = Array.from({ length: 20_000 }, (_, n) => `${n}`.padEnd(250, '.'));
    for (let n = 0; n < 2; n++) {
      const listener = (): void => {};
      for (const name of names) hub.on(name, listener);
      await hub.ready();
      if (n < 1) for (const name of names) hub.off(name, listener);
      await hub.ready();
    }
    while (hub.members().some(({ seat }) => seat === 1)) await delay(1);
    hub.on('new', () => {}).removeAllListeners('early');
    await hub.ready();
    return names.length;
  });
  proceed(program.pids[1] as number);
  await until('it is back and has heard of what is new', () =>
    program.worker(2, () => hub.sendTo(0, 'new')),
  );
  const sent = await program.worker(
    2,
    async (_scope, total) => {
      await hub.ready();
      return [await hub.sendTo(0, `${total - 1}`.padEnd(250, '.')), await hub.sendTo(0, 'early')];
    },
    count,
  );
  t.strictSame(sent, [true, false], 'and of all else');
  t.equal(await program.worker(1, () => hub.sendTo(1, 'late')), true, 'and the others know it');
});

test('the primary is gone', async (t) => {
  const primary = await startMember(t);
  const variable = await variableOf(primary);
  const [one, two] = [await startMember(t, variable), await startMember(t, variable)];
  const pid = two.child.pid as number;
  await two.primary(() => {
    hub.handle('echo', (value) => value);
    return record('n');
  });
  await one.primary(() => record('n'));
  t.match(await one.primary(() => hub.members()), [{ role: 'primary' }, { pid, role: 'other' }]);
  primary.child.kill('SIGKILL');
  await until('it is gone', () => !isAlive(primary.child.pid as number));
  const target = { pid };
  t.equal(await one.primary((_, to) => hub.request(to, 'echo', 'still'), target), 'still');
  t.match(
    await one.primary((_, to) => failure(() => hub.request(to, 'n')), {
      pid: primary.child.pid as number,
    }),
    { code: 'ERR_RONDO_HUB_GONE' },
  );
  await settles(t, () => one.primary(() => hub.members()), [{ pid }], 'nobody has to say so');
  const late = await startMember(t, variable);
  t.match(await late.primary(() => failure(() => hub.ready())), { code: 'ERR_RONDO_HUB_GONE' });
  t.equal(await late.primary(() => hub.sendTo('workers', 'n')), false);
  await two.primary(() => {
    hub.handle('never', () => new Promise(() => {}));
  });
  const asked = await one.primary((_, to) => {
    const call = failure(() => hub.request(to, 'never', { timeoutMs: 0 }));
    return Promise.race([call, hub.request(to, 'echo', 'it has come')]);
  }, target);
  t.equal(asked, 'it has come');
  const dies = one.primary(
    (_, to) => failure(() => hub.request(to, 'never', { timeoutMs: 0 })),
    target,
  );
  await one.primary((_, to) => hub.request(to, 'echo', 'so has the second'), target);
  two.child.kill('SIGKILL');
  t.match(await dies, { code: 'ERR_RONDO_HUB_GONE' });
  await settles(t, () => one.primary(() => hub.stats()), { members: 0, queued: 0 });
});

test('a member that closes', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('n'));
  const stats = await program.worker(1, async ({ fs }) => {
    const fds = () => fs.readdirSync('/proc/self/fd').length;
    const before = fds();
    for (let n = 0; n < 1_000; n++) hub.emit('n', n);
    const pending = failure(() => hub.request(1, 'never', { timeoutMs: 0 }));
    await Promise.all([hub.close(), hub.close()]);
    await new Promise((resolve) => setImmediate(resolve));
    const failures = [
      await pending,
      await failure(() => hub.emit('n')),
      await failure(() => hub.sendTo(1, 'n')),
      await failure(() => hub.ready()),
      await failure(() => hub.on('n', () => {})),
    ];
    return { fds: fds() - before, codes: failures.map((one) => one?.code) };
  });
  t.strictSame(stats, {
    fds: 0,
    codes: Array(5).fill('ERR_RONDO_CLOSED'),
  });
  t.equal(await program.worker(2, async () => (await untilGot(1_000)).length), 1_000);
  await until('it is not a member', () =>
    program.worker(2, () => hub.members().every(({ seat }) => seat !== 0)),
  );
});
