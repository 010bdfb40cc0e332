// rondo's diagnostics channels: each message as it is documented, in the primary and in a worker; and nothing of them where nobody
// has subscribed.

import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import net from 'node:net';
import { type Test, test } from 'tap';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, hold, nativeOnly, openDeck, transports, untilGone } from '../fixtures/harness.js';

type Message = Record<string, unknown>;

function heard(t: Test, name: string): Message[] {
  const messages: Message[] = [];
  const onMessage = (message: unknown) => messages.push(message as Message);
  subscribe(name, onMessage);
  t.teardown(() => unsubscribe(name, onMessage));
  return messages;
}

for (const transport of transports()) {
  test(`${transport}: of a dispatcher`, async (t) => {
    const [listeners, slots] = [heard(t, 'rondo:listener'), heard(t, 'rondo:slot')];
    const turnedAway = heard(t, 'rondo:connection:turned-away');
    const refused = heard(t, 'rondo:connection:refused');
    const deck = await openDeck(t, { transport });
    const { dispatcher, listener, port } = deck;
    const address = listener.address();
    t.match(listeners, [{ event: 'listening', name: listener.name, address }]);
    const { slot, pid, child } = await deck.worker(['hold', '--max=1']);
    await deck.worker(['hold']);
    t.match(slots, [
      { event: 'ready', slot: 0, pid },
      { event: 'ready', slot: 1 },
    ]);
    // What was counted before somebody listened is not told.
    const held: Array<{ socket: net.Socket }> = [];
    await until('it is told who refused', async () => {
      held.push(await hold(port));
      return refused.length > 0;
    });
    t.match(refused[0], { slot: 0, pid });
    const { count, total } = refused[0] as { count: number; total: number };
    t.ok(count >= 1 && total >= count, 'how many since the last time, and in all');
    listener.configure({ maxConnections: 1, overload: 'reset' });
    await until('it is told what was turned away', async () => {
      const one = net.connect({ port, host: '127.0.0.1' }).on('error', () => {});
      await new Promise((resolve) => one.once('close', resolve));
      return turnedAway.length > 0;
    });
    t.match(turnedAway[0], { address: `127.0.0.1:${port}` });
    t.ok((turnedAway[0]?.count as number) >= 1);
    for (const { socket } of held) socket.destroy();
    const gone = untilGone(dispatcher, slot);
    child.kill('SIGKILL');
    await gone;
    t.match(slots.at(-1), { event: 'gone', slot: 0, pid, signal: 'SIGKILL' });
    await listener.close();
    t.match(listeners.at(-1), { event: 'closed', name: listener.name, address });
  });
}

/** In the primary: prints what the channels of a Supervisor tell. */
const LISTENER = `import cluster from 'node:cluster';
import { subscribe } from 'node:diagnostics_channel';
if (cluster.isPrimary) for (const name of ['rondo:worker', 'rondo:reload']) {
  subscribe(name, ({ event, worker }) => console.log(name, event, worker?.seat ?? ''));
}`;

test('of a supervisor', nativeOnly, async (t) => {
  const preload = `data:text/javascript,${encodeURIComponent(LISTENER)}`;
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '1', '--min-uptime', '50'], {
    NODE_OPTIONS: `--import ${preload}`,
  });
  await run.listening(1);
  run.child.kill('SIGHUP');
  await until('it is reloaded', () => /rondo:reload end/.test(run.stdout()));
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  const lines = run
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('rondo:'));
  t.strictSame(
    lines.filter((line) => line.startsWith('rondo:reload')).map((line) => line.trim()),
    ['rondo:reload begin', 'rondo:reload end'],
  );
  for (const event of ['starting', 'ready', 'draining', 'exited']) {
    t.equal(lines.filter((line) => line === `rondo:worker ${event} 0`).length, 2, event);
  }
});

test('in a worker', nativeOnly, async (t) => {
  const run = runCli(t, ['start', fixture('told-app.mjs'), '-w', '1']);
  const port = await run.listening(1);
  const told = JSON.parse(await ask(port)) as Message;
  t.equal(told.count, 1, 'a connection, when its server has it');
  t.equal(told.isIt, true, 'with its socket');
  t.ok((told.latencyMs as number) >= 0 && (told.latencyMs as number) < 10_000, 'and its latency');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.match(run.stdout(), /^drain true \d+$/m, 'and that it drains');
});

test('nobody is told anything who has not subscribed', async (t) => {
  for (const name of [
    'rondo:worker',
    'rondo:slot',
    'rondo:connection',
    'rondo:connection:refused',
  ]) {
    t.equal(channel(name).hasSubscribers, false, name);
  }
});
