// Which connections of an HTTP server may go to another process, and when: as Node's own server has them between two
// requests, and not while anything has been read of the next, waits to be written, or is the program's. With real
// connections in this process; nothing moves.

import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { keep } from 'rondo/worker';
import { type Test, test } from 'tap';
import { isHeld } from '../../dist/moves/held.js';
import { isIdle, mayMove, TimeLeft } from '../../dist/moves/http-idle.js';
import { until } from '../fixtures/faults.js';

const GET = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n';

interface Pair {
  client: Socket;
  /** The server's end. */
  socket: Socket;
  /** How many requests have come. */
  requests: http.IncomingMessage[];
  responses: http.ServerResponse[];
  /** What the client has received. */
  text(): string;
}

/** A server that answers what is asked of it, or leaves that to the test. */
async function open(
  t: Test,
  { answers = true, options = {} as http.ServerOptions, prepare = (_: http.Server) => {} } = {},
): Promise<Pair> {
  const requests: http.IncomingMessage[] = [];
  const responses: http.ServerResponse[] = [];
  const server = http.createServer(options, (request, response) => {
    requests.push(request);
    responses.push(response);
    if (answers) response.end('answer');
  });
  prepare(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  client.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  t.teardown(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  const [socket] = (await accepted) as [Socket];
  return { client, socket, requests, responses, text: () => text };
}

async function answered({ client, text }: Pair, request = GET): Promise<void> {
  const before = text().length;
  client.write(request);
  await until('it is answered', () => text().slice(before).endsWith('answer'));
  await turn();
}

test('between two requests', async (t) => {
  for (const request of [GET, `${POST}body`]) {
    const pair = await open(t);
    t.notOk(isIdle(pair.socket), 'one that has never been used');
    t.ok(isIdle(pair.socket, undefined, true), 'unless such are wanted');
    await answered(pair, request);
    await answered(pair, request);
    // Looked at, as programs do.
    pair.requests[0]?.socket.remoteAddress;
    pair.requests[0]?.socket.address();
    t.ok(isIdle(pair.socket));
    t.ok(mayMove(pair.socket));
    t.notOk(isHeld(pair.socket));
  }
});

test('a request in work', async (t) => {
  const pair = await open(t, { answers: false });
  pair.client.write(GET);
  await until('it came', () => pair.responses.length === 1);
  t.notOk(isIdle(pair.socket));
  t.ok(mayMove(pair.socket), 'it will be able to');
  pair.responses[0]?.write('part');
  await until('a part of it', () => pair.text().includes('part'));
  t.notOk(isIdle(pair.socket), 'a response that has begun');
  pair.responses[0]?.end();
  await until('all of it', () => pair.text().endsWith('0\r\n\r\n'));
  await turn();
  t.ok(isIdle(pair.socket));
});

test('something of the next request', async (t) => {
  const starts = {
    'a byte': 'G',
    'half a head': GET.slice(0, 20),
    'a head without its body': POST,
    'half a body': `${POST}bo`,
  };
  for (const [name, start] of Object.entries(starts)) {
    const pair = await open(t);
    await answered(pair);
    t.ok(isIdle(pair.socket));
    const { bytesRead } = pair.socket;
    pair.client.write(start);
    await until('it is read', () => pair.socket.bytesRead === bytesRead + start.length);
    await turn();
    // A request whose body has not come may be answered already.
    t.notOk(isIdle(pair.socket), name);
    const together = await open(t);
    together.client.write(GET + start);
    await until('it is answered', () => together.text().includes('answer'));
    await turn();
    t.notOk(isIdle(together.socket), `${name}, in one packet with one before`);
  }
});

test('two requests in one packet', async (t) => {
  const pair = await open(t, { answers: false });
  pair.client.write(GET + GET);
  await until('both came', () => pair.responses.length === 2);
  pair.responses[0]?.end('first');
  await until('the first', () => pair.text().endsWith('first'));
  await turn();
  t.notOk(isIdle(pair.socket));
  pair.responses[1]?.end('second');
  await until('the second', () => pair.text().endsWith('second'));
  await turn();
  t.ok(isIdle(pair.socket));
});

test('a body that the program has not read', async (t) => {
  const pair = await open(t, { answers: false });
  pair.client.write(`${POST}body`);
  await until('it came', () => pair.responses.length === 1);
  pair.requests[0]?.on('readable', () => {});
  pair.responses[0]?.end('answer');
  await until('it is answered', () => pair.text().endsWith('answer'));
  await turn();
  t.notOk(isIdle(pair.socket));
  t.equal(pair.requests[0]?.read()?.toString(), 'body');
  await until('it has been read', () => isIdle(pair.socket));
});

test('a response that the kernel has not taken', async (t) => {
  const pair = await open(t, { answers: false });
  pair.client.pause();
  pair.client.write(GET);
  await until('it came', () => pair.responses.length === 1);
  let isFinished = false;
  pair.responses[0]?.on('finish', () => {
    isFinished = true;
  });
  pair.responses[0]?.end(Buffer.alloc(32 * 1024 * 1024, '-'));
  for (let i = 0; i < 20; i++) await turn();
  t.notOk(isFinished);
  t.notOk(isIdle(pair.socket));
  pair.client.resume();
  await until('it is taken', () => isFinished);
  await turn();
  t.ok(isIdle(pair.socket));
});

test('one that ends', async (t) => {
  const half = await open(t);
  await answered(half);
  half.client.end();
  await until('it is seen', () => half.socket.readableEnded);
  t.notOk(isIdle(half.socket));
  const last = await open(t);
  await answered(last, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  t.notOk(isIdle(last.socket));
});

test('one that has been upgraded', async (t) => {
  const pair = await open(t, {
    prepare: (server) => server.on('upgrade', (_request, socket) => socket.write('upgraded')),
  });
  pair.client.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: any\r\n\r\n');
  await until('it is', () => pair.text().endsWith('upgraded'));
  await turn();
  t.notOk(isIdle(pair.socket));
  t.notOk(isIdle(pair.socket, undefined, true));
  t.notOk(mayMove(pair.socket));
});

test('what a program has put at it', async (t) => {
  const ways: Record<string, (socket: Socket) => void> = {
    'a listener of an event of its own': (socket) => socket.on('mine' as never, () => {}),
    'another one of an event of Node’s': (socket) => socket.on('drain', () => {}),
    'one that is called once': (socket) => socket.once('error', () => {}),
    'one that is bound, in place of Node’s': (socket) => {
      const [nodes] = socket.rawListeners('close');
      socket.off('close', nodes as () => void);
      socket.on('close', (() => {}).bind(null));
    },
    'one in place of Node’s': (socket) => {
      socket.removeAllListeners('timeout');
      socket.on('timeout', () => {});
    },
    'a property': (socket) => Object.assign(socket, { user: { id: 1 } }),
    'a property by a symbol': (socket) => Object.assign(socket, { [Symbol('user')]: 1 }),
    'a method of its own': (socket) => {
      socket.write = socket.write.bind(socket);
    },
    'its wish': (socket) => {
      socket[keep] = true;
    },
  };
  for (const [name, hold] of Object.entries(ways)) {
    const pair = await open(t);
    await answered(pair);
    t.ok(mayMove(pair.socket));
    hold(pair.socket);
    t.ok(isHeld(pair.socket), name);
    t.notOk(mayMove(pair.socket), name);
  }
  const pair = await open(t);
  await answered(pair);
  pair.socket.on('close', () => {});
  pair.socket.once('close', () => {});
  t.notOk(isHeld(pair.socket), 'who wants to know of its end is told');
  Object.assign(pair.socket, { _isIdle: true, _connectionId: 1 });
  t.notOk(isHeld(pair.socket), 'as http-graceful-shutdown does');
  t.ok(mayMove(pair.socket));
  pair.socket.on('drain', () => {});
  t.ok(isHeld(pair.socket));
  pair.socket[keep] = false;
  t.notOk(isHeld(pair.socket), 'which it says is nothing');
});

test('what no other process could keep', async (t) => {
  const counted = await open(t, {
    prepare: (server) => {
      server.maxRequestsPerSocket = 10;
    },
  });
  const timed = await open(t, { prepare: (server) => server.on('timeout', () => {}) });
  const passedOn = await open(t, {
    prepare: (server) => {
      const first = net.createServer((socket) => server.emit('connection', socket));
      const { listen } = server;
      server.listen = (...args: unknown[]) => {
        first.listen(...(args as [number, string]));
        first.once('listening', () => listen.call(server, 0, '127.0.0.1' as never));
        server.address = () => first.address();
        t.teardown(() => first.close());
        return server;
      };
    },
  });
  for (const pair of [counted, timed, passedOn]) {
    await answered(pair);
    t.ok(isIdle(pair.socket));
    t.notOk(mayMove(pair.socket));
  }
});

test('the time that is left', async (t) => {
  const given = { keepAliveTimeout: 2_000, keepAliveTimeoutBuffer: 500 };
  const pair = await open(t, { options: given });
  await answered(pair);
  const isBuffered = 'keepAliveTimeoutBuffer' in http.createServer();
  const whole = 2_000 + (isBuffered ? 500 : 1_000);
  const at = performance.now();
  t.ok(Math.abs(new TimeLeft().of(pair.socket) - whole) < 40, 'all of it');
  await until('a part has passed', () => performance.now() - at > 200);
  const left = new TimeLeft().of(pair.socket);
  t.ok(Math.abs(left - (whole - (performance.now() - at))) < 60, `${left} of ${whole} ms`);
  const endless = await open(t, { options: { keepAliveTimeout: 0 } });
  await answered(endless);
  t.equal(new TimeLeft().of(endless.socket), 0, 'none');
  const unused = await open(t, { options: { headersTimeout: 3_000, requestTimeout: 9_000 } });
  t.equal(new TimeLeft().of(unused.socket), 3_000, 'until its first request');
});
