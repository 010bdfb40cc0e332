// A program that handles the end itself does so when nothing is in flight any more, finds its servers as
// they were, and ends in its own way. So it is if a signal comes from elsewhere.

import type http from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

/** Ends as an ordinary program would, and says so. */
async function serve(scope: Scope, signal: string, exitCode: number | null): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  const server = createServer((_request, response) => {
    scope.response = response;
  });
  process.on(signal, (...args) => {
    const { listening } = server;
    server.close((error) => {
      process.send?.({ event: 'closed', args, listening, isError: error !== undefined });
      if (exitCode !== null) process.exit(exitCode);
    });
  });
  return scope.listen(server);
}

async function serveOn(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  return scope.listen(createServer());
}

for (const way of ways) {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    for (const exitCode of [7, null]) {
      const how = exitCode === null ? 'it runs out of work' : 'it exits';
      test(`${signal}, ${how}, ${way.name}`, way.options, async (t) => {
        const worker = await startSupervised(t, way);
        const port = await worker.run(serve, signal, exitCode);
        const client = await openClient(port);
        client.write(REQUEST);
        await until('it waits', () => worker.run(({ response }) => response !== undefined));
        worker.drain({}, signal);
        await worker.run(() => {});
        t.equal(worker.count('closed'), 0, 'not while a request is in flight');
        await worker.run(({ response }) => {
          (response as http.ServerResponse).end('answer');
        });
        t.match(await text(client), /answer$/);
        t.match(await worker.drained(), { open: 1, destroyed: 0 });
        const number = signal === 'SIGTERM' ? 15 : 2;
        t.strictSame(await worker.event('closed'), {
          event: 'closed',
          args: [signal, number],
          listening: true,
          isError: false,
        });
        t.match(await worker.exit(), { code: exitCode ?? 0, signal: null });
      });
    }
  }
}

test('SIGTERM from elsewhere is a drain, too, and not twice', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve, 'SIGTERM', 7);
  const client = await openClient(port);
  client.write(REQUEST);
  await until('it waits', () => worker.run(({ response }) => response !== undefined));
  process.kill(worker.pid, 'SIGTERM');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGTERM' });
  process.kill(worker.pid, 'SIGTERM');
  await worker.run(() => {});
  t.equal(worker.count('closed'), 0, 'not while a request is in flight');
  await worker.run(({ response }) => {
    (response as http.ServerResponse).end('answer');
  });
  t.match(await text(client), /Connection: close[\s\S]*answer$/);
  await worker.event('closed');
  t.match(await worker.exit(), { code: 7, signal: null });
  t.equal(worker.count('NODE_SUPERVISE_SIGNAL'), 0, 'told once');
});

test('SIGINT from elsewhere is its own', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(() => {
    process.on('SIGINT', () => process.send?.({ event: 'heard' }));
  });
  process.kill(worker.pid, 'SIGINT');
  await worker.event('heard');
  await worker.run(() => {});
  t.equal(worker.count('NODE_SUPERVISE_SIGNAL'), 0);
});

test('of a SIGINT to the whole group it hears once', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(() => {
    process.on('SIGINT', () => process.send?.({ event: 'heard' }));
  });
  process.kill(worker.pid, 'SIGINT');
  worker.drain({}, 'SIGINT');
  await worker.event('heard');
  t.match(await worker.exit(), { code: 0 }, 'it runs out of work');
  t.equal(worker.count('heard'), 0);
});

test('without a handler SIGTERM from elsewhere is a drain', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serve, 'SIGHUP', null);
  const client = await openClient(port);
  client.write(REQUEST);
  await until('it waits', () => worker.run(({ response }) => response !== undefined));
  // A terminal's, which is for the primary to heed; it has no effect here.
  process.kill(worker.pid, 'SIGINT');
  process.kill(worker.pid, 'SIGTERM');
  t.match(await worker.told('NODE_SUPERVISE_SIGNAL'), { signal: 'SIGTERM' });
  process.kill(worker.pid, 'SIGTERM');
  await worker.run(({ response }) => {
    (response as http.ServerResponse).end('answer');
  });
  t.match(await text(client), /Connection: close[\s\S]*answer$/);
  t.match(await worker.drained(), { open: 1, destroyed: 0 });
  t.match(await worker.exit(), { code: 0, signal: null, isAsked: true });
  t.equal(worker.count('NODE_SUPERVISE_SIGNAL'), 0, 'told once');
});

test('a handler that only closes its server ends with the drain', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serve, 'SIGTERM', null);
  worker.drain();
  t.match(await worker.event('closed'), { isError: false });
  t.match(await worker.exit(), { code: 0 });
});

/** Says that it was called, and ends when it is told to. */
async function serveAndTell(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  const server = createServer((_request, response) => {
    scope.response = response;
  });
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    scope.upgraded = socket;
  });
  process.on('SIGTERM', () => process.send?.({ event: 'called' }));
  return scope.listen(server);
}

test('a request that is not answered keeps it from it for a time', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const client = await openClient(await worker.run(serveAndTell));
  client.write(REQUEST);
  await until('it waits', () => worker.run(({ response }) => response !== undefined));
  worker.drain({ handlerTimeoutMs: 50 });
  await worker.event('called');
  await worker.run(({ response }) => {
    (response as http.ServerResponse).end('late answer');
  });
  t.match(await text(client), /late answer$/, 'which is not cut off by it');
});

test('an upgraded connection and an event stream do not', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  const port = await worker.run(serveAndTell);
  const upgraded = await openClient(port);
  upgraded.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  await until('it is upgraded', () => worker.run(({ upgraded }) => upgraded !== undefined));
  const stream = await openClient(port);
  stream.write(REQUEST);
  await until('it waits', () => worker.run(({ response }) => response !== undefined));
  await worker.run(({ response }) => {
    const events = response as http.ServerResponse;
    events.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
  });
  worker.drain({ handlerTimeoutMs: 600_000 });
  await worker.event('called');
  t.notOk(upgraded.destroyed || stream.destroyed, 'they are open still');
  upgraded.destroy();
  stream.destroy();
  await worker.drained();
});

test('a handler that leaves the end to others', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serveOn);
  await worker.run(() => {
    // As OpenTelemetry's: it sends what there is to send, and that is all.
    process.on('SIGTERM', () => {
      setTimeout(() => process.send?.({ event: 'flushed' }), 2_500);
    });
  });
  worker.drain({});
  await worker.event('flushed');
  // Its server would keep it running, though no connection comes to it any more.
  t.match(await worker.exit(), { code: 0, signal: null });
});

test('another signal that it raises itself is no SIGTERM', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(serveOn);
  await worker.run(() => {
    process.on('SIGTERM', () => process.exit(3));
    process.once('SIGUSR2', () => process.kill(process.pid, 'SIGUSR2'));
  });
  process.kill(worker.pid, 'SIGUSR2');
  t.match(await worker.exit(), { code: null, signal: 'SIGUSR2' }, 'as in plain Node');
});
