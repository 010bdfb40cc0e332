// The events of the page: one snapshot for all who watch and none for nobody, a late viewer gets the recent past,
// too many are refused, and one that does not read is dropped while the others are told on.

import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { test } from 'tap';
import { Viewers } from '../../dist/metrics/page/viewers.js';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { openViewer } from '../fixtures/page.js';
import { APP, openSupervisor } from '../fixtures/supervisor.js';

const MOST_VIEWERS = 32;

test('one snapshot for all, and none for nobody', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1, healthCheckMs: 0 });
  await supervised.call('start');
  const port = await supervised.call<number>('servePage');
  const looks = await supervised.call<number>('looks');
  const viewers = [openViewer(t, port), openViewer(t, port), openViewer(t, port)];
  await until('each is told', () => viewers.every(({ ticks }) => ticks.length >= 4));
  const ticks = Math.max(...viewers.map((viewer) => viewer.ticks.length));
  const taken = (await supervised.call<number>('looks')) - looks;
  t.ok(taken <= ticks + 1, `${taken} snapshots for ${ticks} ticks of three viewers`);
  const [one, ...others] = viewers.map((viewer) => viewer.ticks.slice(-2).map(({ time }) => time));
  for (const other of others)
    t.ok(
      other.some((time) => one?.includes(time)),
      'the same one',
    );

  for (const viewer of viewers) viewer.close();
  await until('they are gone', () => viewers.every(({ isOver }) => isOver()));
  // Whoever comes next is told of a time that begins with it.
  const before = await supervised.call<number>('looks');
  await new Promise((resolve) => setTimeout(resolve, 700));
  t.ok((await supervised.call<number>('looks')) - before <= 1, 'none while nobody watches');
});

test('a late viewer gets the recent past', async (t) => {
  const supervised = await openSupervisor(t, { workers: 2 });
  const port = await supervised.call<number>('servePage');
  await supervised.call('start');
  const [pid = 0] = await supervised.readyPids();
  process.kill(pid, 'SIGKILL');
  await supervised.until('worker:exited');
  await supervised.until('worker:ready', 3);
  const late = openViewer(t, port);
  await until('it is told', () => late.ticks.length > 0);
  const [hello] = late.hello;
  const life = hello?.lives.find((one) => one.pid === pid);
  t.match(life, { seat: 0, signal: 'SIGKILL', code: null, reason: 'exit' });
  const { startedAt = 0, readyAt, exitedAt } = life ?? {};
  t.ok(startedAt < Number(readyAt) && Number(readyAt) <= Number(exitedAt), 'in its order');
  t.equal(hello?.lives.length, 3);
  t.match(hello?.happenings, [{ event: 'worker:exited', seat: 0 }]);
});

test('too many are refused', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  const port = await supervised.call<number>('servePage');
  const all = Array.from({ length: MOST_VIEWERS }, () => openViewer(t, port));
  await until('all are told', () => all.every(({ hello }) => hello.length === 1));
  const more = openViewer(t, port);
  await until('it is answered', () => more.status() !== undefined);
  t.equal(more.status(), 503);
  all[0]?.close();
  await until('there is room', async () => {
    const next = openViewer(t, port);
    await until('it is answered', () => next.status() !== undefined);
    return next.status() === 200;
  });
});

test('one that does not read is dropped', async (t) => {
  let hasNone = false;
  const viewers = new Viewers(() => {
    hasNone = true;
  });
  const server = http.createServer((_request, response) => viewers.add(response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (): net.Socket => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {}).write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    t.teardown(() => socket.destroy());
    return socket;
  };
  const [reader, deaf] = [ask().resume(), ask().pause()];
  await until('both are there', () => viewers.count === 2);
  const data = 'x'.repeat(100_000);
  await until('the deaf one is dropped', () => {
    viewers.tell('tick', data);
    return viewers.count === 1;
  });
  t.ok(reader.bytesRead > 2_000_000, 'the other one has been told all the time');
  deaf.destroy();
  reader.destroy();
  await until('none is left', () => viewers.count === 0);
  t.ok(hasNone);
});

test('the page allows what is in it and nothing else', async (t) => {
  const supervised = await openSupervisor(t, { workers: 1 });
  const url = `http://127.0.0.1:${await supervised.call<number>('servePage')}`;
  const page = await fetch(`${url}/`);
  const policy = page.headers.get('content-security-policy') ?? '';
  t.match(policy, "default-src 'none'");
  t.match(policy, /script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/);
  t.notMatch(policy, 'unsafe');
  t.match(await page.text(), /^<!doctype html>/);
  const head = await fetch(`${url}/`, { method: 'HEAD' });
  t.equal(head.headers.get('content-security-policy'), policy);
  const events = await fetch(`${url}/events`, { method: 'HEAD' });
  t.match(events.headers.get('content-type'), 'text/event-stream');
  t.equal((await fetch(`${url}/events`, { method: 'POST' })).status, 405);
});

test('rondo start --metrics serves it', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1', '--metrics', '0', '--control', 'off']);
  const [, url] = await run.says(/metrics at (http:\S+)\/metrics/);
  await run.listening(1);
  t.match(await (await fetch(`${url}/`)).text(), '<title>rondo</title>');
  const viewer = openViewer(t, Number(new URL(url ?? '').port));
  await until('it is told', () => viewer.ticks.length > 0);
  t.match(viewer.ticks[0], { pid: run.child.pid, ready: 1, seats: [{ seat: 0 }] });
  viewer.close();
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0, 'and is stopped as without a viewer');
});
