// Scrapers that send half a request, that never read, or that are 10,000: they are closed, and the others are
// answered.

import { EventEmitter, once } from 'node:events';
import { readdirSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Dispatcher } from 'rondo';
import { type Exposition, MetricsServer } from 'rondo/metrics';
import { test } from 'tap';
import { RouteServer } from '../../src/metrics/server.js';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { metricsOrigin, scrape } from '../fixtures/metrics.js';

test('a page whose name was made to lead to this machine', async (t) => {
  const routes = new Map([
    ['/', (_request: unknown, response: http.ServerResponse) => response.end('figures')],
  ]);
  const server = new RouteServer({ host: '127.0.0.1', port: 0, routes });
  const { port } = await server.listen();
  t.teardown(() => server.close());
  const askAs = async (host: string): Promise<number | undefined> => {
    const request = http.get({ host: '127.0.0.1', port, agent: false, headers: { Host: host } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  for (const host of ['rebound.example', `rebound.example:${port}`, 'localhost.example']) {
    t.equal(await askAs(host), 421, host);
  }
  for (const host of [
    `127.0.0.1:${port}`,
    'localhost',
    `localhost:${port}`,
    '[::1]:80',
    'app.localhost',
  ]) {
    t.equal(await askAs(host), 200, host);
  }
});

test('half a request, and nobody who reads', async (t) => {
  const body = 'x'.repeat(16 * 1024 * 1024);
  const asked = new EventEmitter();
  let closed: Promise<unknown> = Promise.reject(new Error('nobody asked for /deaf'));
  closed.catch(() => {});
  const server = new RouteServer({
    host: '127.0.0.1',
    port: 0,
    routes: new Map([
      ['/', (_request, response) => response.end(body)],
      [
        '/deaf',
        (request, response) => {
          closed = once(request.socket, 'close');
          response.end(body);
          asked.emit('deaf');
        },
      ],
    ]),
    requestMs: 100,
    idleMs: 300,
  });
  const { port } = await server.listen();
  t.teardown(() => server.close());
  const half = connect(port);
  half.write('GET / HTTP/1.1\r\nHost: localhost');
  const silent = connect(port);
  half.resume();
  silent.resume();
  await Promise.all([once(half, 'close'), once(silent, 'close')]);
  t.pass('half a request, and none, are closed');

  // Without a listener of 'data' nothing is read.
  const deaf = connect(port);
  deaf.write('GET /deaf HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(asked, 'deaf');
  await closed;
  let read = 0;
  deaf.on('data', (chunk) => {
    read += chunk.length;
  });
  await once(deaf, 'close').catch(() => {});
  t.ok(read < body.length, `the one that does not read got ${read} of ${body.length} bytes`);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  t.equal((await response.text()).length, body.length, 'others get all');
  for (const [path, method, status] of [
    ['/none', 'GET', 404],
    ['/', 'POST', 405],
  ] as const) {
    t.equal((await fetch(`http://127.0.0.1:${port}${path}`, { method })).status, status);
  }
});

test('one that reads slowly gets what it was sent, whatever others ask for meanwhile', async (t) => {
  await using dispatcher = new Dispatcher();
  let version = 0;
  const write = (into: Exposition): void => {
    version++;
    into.family({ name: 'app_version', type: 'gauge', help: 'Of each scrape.' });
    // More than the kernel takes from one who sends to nobody.
    for (let line = 0; line < 200_000; line++) into.gauge('{some="label of it"}', version);
  };
  await using metrics = new MetricsServer({ dispatcher, port: 0, sources: [{ write }] });
  const { port } = await metrics.listen();
  const url = `http://127.0.0.1:${port}/metrics`;
  const [slow] = (await once(http.get(url, { agent: false }), 'response')) as [IncomingMessage];
  const versions: string[] = [];
  for (let i = 0; i < 3; i++) {
    // What comes later than that is written anew.
    await delay(60);
    versions.push(versionsIn(await (await fetch(url)).text()));
  }
  let text = '';
  for await (const chunk of slow) text += chunk;
  t.strictSame([versionsIn(text), ...versions], ['1', '2', '3', '4']);
});

test('a source of the program that throws', async (t) => {
  await using dispatcher = new Dispatcher();
  let hasFailed = false;
  const write = (): void => {
    if (hasFailed) return;
    hasFailed = true;
    throw new Error('no such thing');
  };
  await using metrics = new MetricsServer({ dispatcher, port: 0, sources: [{ write }] });
  const { port } = await metrics.listen();
  const failed = await fetch(`http://127.0.0.1:${port}/metrics`);
  t.equal(failed.status, 500);
  t.equal(await failed.text(), 'A source of metrics has failed: no such thing\n');
  t.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 200, 'the next one is whole');
});

test('10,000 connections', async (t) => {
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '1', '--metrics', '0']);
  const origin = await metricsOrigin(run);
  const port = await run.listening(1);
  const fds = () => readdirSync(`/proc/${run.child.pid}/fd`).length;
  const before = fds();
  const sockets = new Set<net.Socket>();
  let most = 0;
  let opened = 0;
  for (let step = 0; step < 40; step++) {
    const some = Array.from({ length: 250 }, () => connect(Number(new URL(origin).port)));
    for (const socket of some) {
      sockets.add(socket);
      socket.resume().on('close', () => sockets.delete(socket));
    }
    await Promise.all(some.map((socket) => once(socket, 'connect').catch(() => {})));
    opened += some.length;
    // Those beyond the limit are closed by the server.
    await until('the others are closed', () => sockets.size <= 128);
    most = Math.max(most, fds() - before);
    if (step % 10 === 0) t.match(await ask(port), /"pid"/, 'the program serves meanwhile');
  }
  t.equal(opened, 10_000);
  t.ok(most > 100 && most < 400, `at most ${most} descriptors`);
  for (const socket of sockets) socket.destroy();
  await until('they are gone', async () => fds() <= before + 5);
  t.equal((await scrape(origin)).get('rondo_running'), 1);
});

function versionsIn(text: string): string {
  return [...new Set([...text.matchAll(/label of it"} (\d+)$/gm)].map(([, of]) => of))].join();
}

function connect(port: number): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  return socket;
}
