// A program with a Dispatcher of its own: its metrics, those of its own that it adds, its own paths, and what is
// wrong.

import { Dispatcher, MetricsServer, type MetricsServerOptions, type RondoError } from 'rondo';
import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { openDeck, openFds, read } from '../fixtures/harness.js';
import { samplesOf, sumOf } from '../fixtures/metrics.js';

test('a Dispatcher and what is added', async (t) => {
  const deck = await openDeck(t);
  await deck.worker();
  for (let i = 0; i < 5; i++) await read(deck.port);
  const metrics = new MetricsServer({
    dispatcher: deck.dispatcher,
    port: 0,
    sources: [
      {
        write(into) {
          into.family({ name: 'app_things', type: 'gauge', help: 'Things.' });
          into.gauge('', 7);
        },
      },
    ],
    routes: new Map([['/mine', (_request, response) => response.end('mine')]]),
  });
  const { address, port } = await metrics.listen();
  t.equal(address, '127.0.0.1', 'without a host it is for nobody outside');
  const origin = `http://127.0.0.1:${port}`;
  const text = async () => (await fetch(`${origin}/metrics`)).text();
  await settles(
    t,
    async () => {
      const samples = samplesOf(await text());
      return {
        accepted: samples.get(
          `rondo_connections_accepted_total{listener="127.0.0.1:${deck.port}"}`,
        ),
        ended: samples.get('rondo_connections_ended_total{slot="0"}'),
        open: sumOf(samples, 'rondo_connections_open'),
        things: samples.get('app_things'),
      };
    },
    { accepted: 5, ended: 5, open: 0, things: 7 },
  );
  t.equal(await (await fetch(`${origin}/mine`)).text(), 'mine');
  t.equal((await fetch(`${origin}/ready`)).status, 404, 'what is ready is for the program to say');
  await metrics.close();
  await metrics.close();
  await t.rejects(fetch(origin), 'it is closed');
});

test('wrong options', async (t) => {
  await using dispatcher = new Dispatcher();
  const all: Array<[object, string]> = [
    [{ port: 0 }, 'supervisor'],
    [{ dispatcher: {}, port: 0 }, 'dispatcher'],
    [{ supervisor: {}, port: 0 }, 'supervisor'],
    [{ dispatcher }, 'port'],
    [{ dispatcher, port: 65_536 }, 'port'],
    [{ dispatcher, port: '80' }, 'port'],
    [{ dispatcher, port: 0, host: '' }, 'host'],
    [{ dispatcher, port: 0, host: 7 }, 'host'],
    [{ dispatcher, port: 0, prot: 7 }, 'prot'],
  ];
  for (const [options, option] of all) {
    t.throws(() => new MetricsServer(options as MetricsServerOptions), { option } as RondoError);
  }
  t.throws(() => new MetricsServer(null as never), { code: 'ERR_RONDO_INVALID_OPTION' });
});

test('an address that is in use leaves nothing behind', async (t) => {
  await using dispatcher = new Dispatcher();
  await using one = new MetricsServer({ dispatcher, port: 0 });
  const { port } = await one.listen();
  const before = openFds();
  const other = new MetricsServer({ dispatcher, port });
  await t.rejects(other.listen(), { code: 'EADDRINUSE', address: '127.0.0.1', port });
  await other.close();
  t.equal(openFds(), before);
});
