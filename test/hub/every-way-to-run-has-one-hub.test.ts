// However its processes are started, those of a program find each other, and know who they are.

import { test } from 'tap';
import { ask, noneIsLeft, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly, transports } from '../fixtures/harness.js';
import { startHubs } from '../fixtures/hub.js';

const WORKER = fixture('hub-worker.mjs');

for (const transport of transports()) {
  test(`node:cluster, ${transport}`, async (t) => {
    const program = await startHubs(t, 2, { RONDO_TRANSPORT: transport });
    await program.primary(() => record('hello'));
    const members = await program.worker(1, async () => {
      await record('hello');
      await hub.sendTo('primary', 'hello');
      return [hub.self(), ...hub.members()];
    });
    t.match(members[0], { pid: program.pids[0], seat: 0, role: 'worker' });
    t.match(
      members.slice(1).map((one) => one?.role),
      ['primary'],
    );
    const [first] = await program.primary(() => untilGot(1));
    t.match(first?.from, { pid: program.pids[0], seat: 0, role: 'worker' });
    const seen = await program.worker(2, async () => {
      await record('hello');
      hub.emit('hello', 'all');
      return [hub.self()?.seat, await hub.sendTo(0, 'hello', 'you')];
    });
    t.strictSame(seen, [1, true]);
    const got = await program.worker(1, async () => (await untilGot(2)).map(({ args }) => args));
    t.strictSame(got, [['all'], ['you']]);
    t.strictSame(
      await program.worker(1, ({ log }) => log),
      [],
      "nothing comes with the program's own messages",
    );
    t.match(
      (await program.primary(({ log }) => log)).map(([event]) => event).sort(),
      ['fork', 'fork', 'online', 'online'],
      'and nobody listens for node:cluster',
    );
  });
}

test('rondo start, with its agent, threads and a reload', nativeOnly, async (t) => {
  const app = fixture('hub-app.mjs');
  // A family that it does not belong to.
  const env = { RONDO_HUB: `1.worker.0.1.${'0'.repeat(64)}.@nowhere` };
  const run = runCli(t, ['start', app, '-w', '2', '--agent', fixture('hub-agent.mjs')], env);
  const port = await run.listening(2);
  const get = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse(await ask(port, path)) as Record<string, unknown>;
  const pids = () => Object.fromEntries(run.workers().map(({ seat, pid }) => [seat, pid]));
  const before = pids();
  for (const seat of [0, 1]) {
    t.match(await get(`/seat=${seat}`), { pid: before[seat], seat, role: 'worker' });
  }
  const [, agent] = await run.says(/^rondo: agent \(pid (\d+)\) ready$/m);
  t.match(await get('/agent'), { pid: Number(agent), seat: null, role: 'agent' });
  t.match(await get(`/pid=${agent}`), { role: 'agent', asked: { role: 'worker' } });
  t.strictSame(await get('/primary'), { code: 'ERR_RONDO_HUB_GONE' }, 'it has no program');
  t.match(await get('/thread'), { seat: 0, asked: { seat: null, role: 'thread' } });
  run.child.kill('SIGHUP');
  await run.listening(4);
  await until('the old ones are gone', async () => {
    const seats = await Promise.all([0, 1].map((seat) => get(`/seat=${seat}`)));
    return seats.every(({ pid, seat }) => pid === pids()[seat as number]);
  });
  t.not(pids()[0], before[0]);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0, 'and all of them end as if there were no hub');
  t.notMatch(run.stderr(), /killed|SIGKILL|did not end/);
  await noneIsLeft(run);
});

test('children of a worker', async (t) => {
  const program = await startHubs(t, 1);
  const told = await program.worker(
    1,
    async ({ childProcess, once: onceOf }, file) => {
      const child = childProcess.fork(file);
      await onceOf(child, 'message');
      const who = await hub.request({ pid: child.pid as number }, 'who');
      child.disconnect();
      const [code] = await onceOf(child, 'exit');
      return [(who as { role: string }).role, code];
    },
    WORKER,
  );
  t.strictSame(told, ['other', 0], 'are members, without a seat, and end by themselves');
});
