// Node's servers of every protocol work when they are attached: keep-alive, pipelining, upgrade, TLS,
// HTTP/2. Afterwards every connection is counted as over, whichever layer closed it.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { fixture, openDeck, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const FILE = fixture('protocol-worker.mjs');
const ca = readFileSync(fixture('localhost-cert.pem'));
const TIMES = 5;
const IN_TURN = Array.from({ length: TIMES }, (_, i) => `PID /${i}`);

type Client = (port: number) => Promise<string[]>;

/** Several requests over one connection that is kept alive. */
function requests(get: typeof http.get, agent: http.Agent): Client {
  return async (port) => {
    const answers: string[] = [];
    const ports = new Set<number | undefined>();
    for (let i = 0; i < TIMES; i++) {
      const request = get({ host: '127.0.0.1', port, path: `/${i}`, agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      ports.add(response.socket.localPort);
      answers.push(await text(response));
    }
    agent.destroy();
    // More than one port is more than one connection.
    return [...answers, `over ${ports.size}`];
  };
}

/** Requests that do not wait for each other's answers. */
const pipelined: Client = async (port) => {
  const socket = net.connect({ host: '127.0.0.1', port });
  const lines = Array.from({ length: TIMES }, (_, i) => {
    const connection = i === TIMES - 1 ? 'close' : 'keep-alive';
    return `GET /${i} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`;
  });
  socket.write(lines.join(''));
  return (await text(socket)).match(/^\d+ \/\d+/gm)?.map(String) ?? [];
};

const upgraded: Client = async (port) => {
  const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
  const request = http.get({ host: '127.0.0.1', port, headers });
  const [response, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, net.Socket];
  socket.end('over and back');
  return [String(response.statusCode), await text(socket)];
};

function http2Requests(scheme: string): Client {
  return async (port) => {
    const session = http2.connect(`${scheme}://127.0.0.1:${port}`, { ca });
    // All at once: many streams, one connection.
    const answers = await Promise.all(
      Array.from({ length: TIMES }, (_, i) => text(session.request({ ':path': `/${i}` }))),
    );
    session.close();
    await once(session, 'close');
    return answers;
  };
}

const tlsLine: Client = async (port) => [await text(tls.connect({ host: '127.0.0.1', port, ca }))];

const keepAlive = { keepAlive: true };
const CASES: Array<{ name: string; kind: string; client: () => Client; wanted: string[] }> = [
  {
    name: 'http, keep-alive',
    kind: 'http',
    client: () => requests(http.get, new http.Agent(keepAlive)),
    wanted: [...IN_TURN, 'over 1'],
  },
  { name: 'http, pipelining', kind: 'http', client: () => pipelined, wanted: IN_TURN },
  { name: 'http, upgrade', kind: 'http', client: () => upgraded, wanted: ['101', 'over and back'] },
  {
    name: 'https, keep-alive',
    kind: 'https',
    client: () => requests(https.get, new https.Agent({ ...keepAlive, ca })),
    wanted: [...IN_TURN, 'over 1'],
  },
  { name: 'http2, secure', kind: 'http2', client: () => http2Requests('https'), wanted: IN_TURN },
  { name: 'http2, clear text', kind: 'h2c', client: () => http2Requests('http'), wanted: IN_TURN },
  { name: 'tls', kind: 'tls', client: () => tlsLine, wanted: ['PID\n'] },
];

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport });
    const kinds = [...new Set(CASES.map(({ kind }) => kind))];
    const ports = new Map<string, number>();
    for (const kind of kinds) {
      const listener = await deck.dispatcher.listen({ port: 0, host: '127.0.0.1', name: kind });
      ports.set(kind, (listener.address() as net.AddressInfo).port);
    }
    const args = kinds.map((kind) => `${kind}=${kind}`);
    const { pid, slot, send, event } = await deck.worker(args, { file: FILE });
    for (const _ of kinds) await event('listening');

    for (const { name, kind, client, wanted } of CASES) {
      const answers = await client()(ports.get(kind) as number);
      t.strictSame(
        answers,
        wanted.map((line) => line.replace('PID', String(pid))),
        name,
      );
      await settled(deck.dispatcher);
    }
    t.match((await settled(deck.dispatcher)).slots, [{ received: CASES.length, refused: 0 }]);

    // An idle connection that is kept alive does not keep an HTTP server from closing.
    const agent = new http.Agent(keepAlive);
    await new Promise((resolve) => {
      http.get({ host: '127.0.0.1', port: ports.get('http'), agent }, (response) => {
        response.resume().on('end', resolve);
      });
    });
    send({ do: 'close' });
    for (const _ of kinds) await event('close');
    await until('it is drained', () => slot.state === 'drained');
    agent.destroy();
  });
}
