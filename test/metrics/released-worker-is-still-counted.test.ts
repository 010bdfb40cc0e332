// A reload gives a seat another slot, and the old worker drains: what it has open is its seat's until it is over,
// whether the client ends it or the worker dies with it.

import type net from 'node:net';
import { test } from 'tap';
import { begin, type Run, runCli } from '../fixtures/cluster-cli.js';
import { isAlive, settles } from '../fixtures/faults.js';
import { fixture, transports } from '../fixtures/harness.js';
import { metricsOrigin, scrape, sumOf } from '../fixtures/metrics.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const run = runCli(
      t,
      ['start', fixture('cluster-app.mjs'), '-w', '2', '--min-uptime', '0', '--metrics', '0'],
      { RONDO_TRANSPORT: transport },
    );
    const origin = await metricsOrigin(run);
    const port = await run.listening(2);
    const figures = async () => {
      const samples = await scrape(origin);
      const of = (name: string) => sumOf(samples, `rondo_connections_${name}`);
      return {
        received: of('received_total'),
        ended: of('ended_total'),
        unfinished: of('unfinished_total'),
        open: of('open'),
        ready: samples.get('rondo_seats_ready'),
      };
    };
    const [first, second] = [await held(port), await held(port)];
    await settles(t, figures, { received: 2, ended: 0, open: 2 }, 'both are open');
    await reload(run);
    await settles(t, figures, { received: 2, ended: 0, open: 2 }, 'also after a reload');
    const [, third] = [await reload(run), await held(port)];
    await settles(t, figures, { received: 3, ended: 0, open: 3 }, 'and another one');

    const old = run.workers().slice(0, 2);
    if (transport === 'native') {
      first.destroy();
      await settles(t, figures, { ended: 1, unfinished: 0, open: 2 }, 'one ends');
    }
    // The one with nothing left open may have ended by itself.
    for (const { pid } of old) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    second.destroy();
    first.destroy();
    const ended = transport === 'native' ? 1 : 0;
    const over = { received: 3, ended, unfinished: 2 - ended, open: 1, ready: 2 };
    await settles(t, figures, over, 'the other is cut off with its worker');
    third.destroy();
    await settles(t, figures, { ...over, ended: ended + 1, open: 0 }, 'and what is left ends');
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
  });
}

async function held(port: number): Promise<net.Socket> {
  const { socket } = await begin(port, '/stuck');
  socket.on('error', () => {});
  return socket;
}

async function reload(run: Run): Promise<void> {
  const before = run.stderr().split('reload: done').length;
  run.child.kill('SIGHUP');
  await run.says(new RegExp(`(reload: done[^]*){${before}}`));
}
