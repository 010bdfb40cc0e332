// Behind a proxy that sends a PROXY header, a program sees the client's address and port, and where the client has
// connected to: in net, http, https and http2, with attach() and with node:cluster.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { nativeOnly, openDeck } from '../fixtures/harness.js';
import {
  binary,
  binaryHeader,
  LINE,
  PROXIED_WORKER,
  type Seen,
  say,
  seenAfter,
} from '../fixtures/proxies.js';
import { secureSay } from '../fixtures/secure-say.js';

const CLIENT = {
  remoteAddress: '203.0.113.7',
  remotePort: 40_001,
  remoteFamily: 'IPv4',
  localAddress: '198.51.100.1',
  localPort: 443,
};

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

const headers: Array<[string, string | Buffer]> = [
  ['version 1', LINE],
  ['version 2', binaryHeader()],
];

for (const [version, header] of headers) {
  test(`net, ${version}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
    await deck.worker(['net'], { file: PROXIED_WORKER });
    t.match(await seenAfter(deck.port, header), CLIENT);
    const [, rest] = (await say(deck.port, header, 'hello')).split('\n');
    t.equal(rest, 'hello', 'what is behind the header is the program’s, and nothing of it');
    const bytes = [...Buffer.from(header)].map((byte) => Buffer.from([byte]));
    t.match(JSON.parse((await say(deck.port, ...bytes, 'hello')).split('\n')[0] as string), CLIENT);
  });

  test(`http, ${version}`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
    await deck.worker(['http'], { file: PROXIED_WORKER });
    t.match(bodyOf(await say(deck.port, header, GET)), CLIENT);
  });

  test(`https, ${version}: the header comes before TLS`, nativeOnly, async (t) => {
    const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
    await deck.worker(['https'], { file: PROXIED_WORKER });
    t.match(bodyOf(await secureSay(deck.port, header, GET)), CLIENT);
  });
}

test('IPv6, and an IPv6 address as Node writes it', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  // Each as net.Socket has it, by way of libuv.
  const addresses = ['2001:db8::1', '::1', '::', '1::8', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'];
  for (const address of [...addresses, '1:0:0:4:5:0:0:8', 'fe80::1:0:0:1', '::1.2.3.4']) {
    const seen = await seenAfter(deck.port, `PROXY TCP6 ${address} ::1 1 2\r\n`);
    const { hostname } = new URL(`http://[${address}]`);
    const expected = address.includes('.') ? address : hostname.slice(1, -1);
    t.match(seen, { remoteAddress: expected, remoteFamily: 'IPv6', localAddress: '::1' });
  }
});

test('where the header names no address they are the connection’s own', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const own = { remoteAddress: '127.0.0.1', remoteFamily: 'IPv4', localPort: deck.port };
  const unknown = await seenAfter(deck.port, 'PROXY UNKNOWN\r\n');
  t.match(unknown, { ...own, header: { version: 1, command: 'PROXY', family: null } });
  const local = await seenAfter(deck.port, binary(0x20, 0, Buffer.alloc(0)));
  t.match(local, { ...own, header: { version: 2, command: 'LOCAL', source: null } });
});

test('a client of a Unix socket has none', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const paths = Buffer.alloc(216);
  paths.write('/run/client.sock');
  const seen = await seenAfter(deck.port, binary(0x21, 0x31, paths));
  t.notOk('remoteAddress' in seen, 'as of a Unix socket in Node');
  t.match(seen.header, { family: 'Unix', source: { address: '/run/client.sock', port: 0 } });
});

test('TLVs can be read', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const ssl = '\x03\0\0\0\0\x21\0\x07TLSv1.3\x22\0\x03bob\x23\0\x01c\x24\0\x01s\x25\0\x01k';
  const { header } = await seenAfter(
    deck.port,
    binaryHeader([
      [1, 'h2'],
      [2, 'example.org'],
      [4, 'fills a gap'],
      [5, 'id'],
      [0x20, ssl],
      [0x30, 'blue'],
      [0xe0, 'own'],
    ]),
  );
  t.match(header, {
    version: 2,
    command: 'PROXY',
    transport: 'stream',
    source: { address: '203.0.113.7', port: 40_001 },
    destination: { address: '198.51.100.1', port: 443 },
    isCut: false,
    alpn: 'h2',
    authority: 'example.org',
    namespace: 'blue',
    ssl: {
      hasCertificate: true,
      isVerified: true,
      version: 'TLSv1.3',
      commonName: 'bob',
      cipher: 'c',
      signatureAlgorithm: 's',
      keyAlgorithm: 'k',
    },
  });
  const types = header.tlvs.map(({ type }: { type: number }) => type);
  t.strictSame(types, [1, 2, 5, 0x20, 0x30, 0xe0], 'each but what fills a gap');
  t.strictSame(header.tlvs.at(-1), { type: 0xe0, value: 'own' });
  const long = await seenAfter(
    deck.port,
    binaryHeader([
      [0xe0, 'x'.repeat(1500)],
      [5, 'id'],
    ]),
  );
  t.match(long.header, { isCut: true, tlvs: [{ type: 5, value: 'id' }] }, 'of 1 KB at most');
});

test('a connection without a header has none', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  await deck.worker(['net'], { file: PROXIED_WORKER });
  const seen = await seenAfter(deck.port, LINE);
  t.equal(seen.header, null);
  t.equal(seen.remoteAddress, '127.0.0.1');
});

test('a connection that one worker has refused keeps its header', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1', window: 1 });
  await deck.worker(['hold', '--max=-1']);
  await deck.worker(['net'], { file: PROXIED_WORKER });
  for (let i = 0; i < 6; i++) t.match(await seenAfter(deck.port, LINE), CLIENT);
});

test(
  'a connection that was given back between two requests keeps it, too',
  nativeOnly,
  async (t) => {
    const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
    for (let i = 0; i < 2; i++) await deck.worker(['passing'], { file: PROXIED_WORKER });
    const socket = net.connect({ port: deck.port, host: '127.0.0.1' }).setEncoding('utf8');
    socket.write(binaryHeader([[5, 'id']]));
    const pids = new Set<number>();
    for (let i = 0; i < 8; i++) {
      socket.write('again');
      const [line] = (await once(socket, 'data')) as [string];
      const seen = JSON.parse(line) as Seen;
      t.match(seen, { ...CLIENT, header: { tlvs: [{ type: 5, value: 'id' }] } });
      pids.add(seen.pid);
    }
    socket.destroy();
    t.ok(deck.dispatcher.stats().idle.moved >= 1, 'it was dealt again');
    t.equal(pids.size, 2, 'to another worker as well');
  },
);

test('source-ip goes by the client’s address', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1', policy: 'source-ip' });
  for (let i = 0; i < 3; i++) await deck.worker(['net'], { file: PROXIED_WORKER });
  const homes = new Map<string, number>();
  for (let i = 1; i <= 24; i++) {
    const client = `PROXY TCP4 203.0.113.${i} 198.51.100.1 1 2\r\n`;
    homes.set(client, (await seenAfter(deck.port, client)).pid);
  }
  t.equal(new Set(homes.values()).size, 3, 'clients are spread');
  for (const [client, pid] of homes) t.equal((await seenAfter(deck.port, client)).pid, pid);
});

test('a policy that is a function is told the client’s address', nativeOnly, async (t) => {
  const told: Array<string | null> = [];
  const deck = await openDeck(t, {
    proxyProtocol: '127.0.0.1',
    policy: (connections) =>
      connections.map(({ address }) => {
        told.push(address);
        return null;
      }),
  });
  await deck.worker(['net'], { file: PROXIED_WORKER });
  await seenAfter(deck.port, LINE);
  t.strictSame(told, ['203.0.113.7']);
});

test('with node:cluster', nativeOnly, async (t) => {
  const program = `
    const cluster = require('node:cluster');
    if (cluster.isPrimary) {
      cluster.setupPrimary({ exec: ${JSON.stringify(PROXIED_WORKER)}, args: ['http'] });
      cluster.fork({ LISTEN: 0 });
      cluster.on('listening', (_worker, { port }) => process.send(port));
    }`;
  const file = `${t.testdir({ 'primary.cjs': program })}/primary.cjs`;
  const child = spawn(process.execPath, ['--import', REGISTER, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, RONDO_PROXY_PROTOCOL: '127.0.0.0/8,::1' },
  });
  t.teardown(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  });
  const [port] = (await once(child, 'message')) as [number];
  t.match(bodyOf(await say(port, LINE, GET)), CLIENT);
  t.equal(await say(port, GET), '', 'without a header nobody is served');
});

test('over a Unix socket', nativeOnly, async (t) => {
  const deck = await openDeck(t);
  const path = `${temporaryDirectory(t)}/socket`;
  const listener = await deck.dispatcher.listen({ name: 'unix', path, proxyProtocol: 'unix' });
  await deck.worker(['http'], { file: PROXIED_WORKER });
  const socket = net.connect(path).setEncoding('utf8');
  socket.write(LINE + GET);
  let text = '';
  for await (const chunk of socket) text += chunk;
  t.match(bodyOf(text), CLIENT);
  await listener.close();
});

function bodyOf(response: string): Seen {
  return JSON.parse(
    response
      .split('\r\n\r\n')
      .slice(1)
      .join('')
      .replace(/^[0-9a-f]+\r\n/, '')
      .split('\r\n')[0] as string,
  ) as Seen;
}
