// proxyProtocol is taken by dispatchers, listeners, RONDO_PROXY_PROTOCOL, `rondo start` and its configuration; what is
// wrong with it is named, with the value, and where connections go by ipc it is refused.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Dispatcher, type ProxyProtocol } from 'rondo';
import { test } from 'tap';
import { validateListenOptions } from '../../src/dispatcher/options.js';
import { validateProxyProtocol } from '../../src/dispatcher/proxy-protocol.js';
import { REGISTER } from '../fixtures/cluster.js';
import { BIN, runCli, temporaryDirectory, withProbe } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { LINE, say } from '../fixtures/proxies.js';

const APP = fixture('supervisor-app.mjs');
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

test('what it may be', async (t) => {
  const timeoutMs = 5_000;
  t.equal(validateProxyProtocol(null), null);
  t.strictSame(validateProxyProtocol('::1'), { from: ['::1'], timeoutMs });
  t.strictSame(validateProxyProtocol('10.0.0.0/8, ::1 ,unix'), {
    from: ['10.0.0.0/8', '::1', 'unix'],
    timeoutMs,
  });
  for (const source of ['0.0.0.0/0', '127.0.0.1', '127.0.0.1/32', '::/0', 'fe80::/64', '::1/128']) {
    t.strictSame(validateProxyProtocol([source]), { from: [source], timeoutMs });
    t.strictSame(validateProxyProtocol({ from: source, timeoutMs: 1 }), {
      from: [source],
      timeoutMs: 1,
    });
  }
});

const wrong: Array<[unknown, string]> = [
  ['', "''"],
  ['10.0.0.0/33', "'10.0.0.0/33'"],
  ['::1/129', "'::1/129'"],
  ['10.0.0/8', "'10.0.0/8'"],
  ['10.0.0.1/', "'10.0.0.1/'"],
  ['10.0.0.1/8/8', "'10.0.0.1/8/8'"],
  ['10.0.0.1/-1', "'10.0.0.1/-1'"],
  ['10.0.0.1/1e1', "'10.0.0.1/1e1'"],
  ['fe80::1%lo', "'fe80::1%lo'"],
  ['localhost', "'localhost'"],
  ['127.0.0.1,,::1', "''"],
  [[], '[]'],
  [['::1', 1], '1'],
  [true, 'true'],
  [{}, 'undefined'],
  [{ from: '::1', timeoutMs: 0 }, '0'],
];

for (const [value, received] of wrong) {
  test(`what it may not be: ${JSON.stringify(value)}`, async (t) => {
    const check = () => validateProxyProtocol(value as ProxyProtocol);
    t.throws(check, {
      code: 'ERR_RONDO_INVALID_OPTION',
      message: new RegExp(`^The option 'proxyProtocol.* must be .*Received ${literal(received)}$`),
    });
  });
}

test('an unknown key', async (t) => {
  const given = { from: '::1', timeout: 1 } as unknown as ProxyProtocol;
  t.throws(() => validateProxyProtocol(given), {
    code: 'ERR_RONDO_UNKNOWN_OPTION',
    option: 'timeout',
    message: /in 'proxyProtocol'/,
  });
});

test('sources of which no client of the place can be', async (t) => {
  const error = { code: 'ERR_RONDO_INVALID_OPTION', option: 'proxyProtocol' };
  const { from, timeoutMs } = { from: '::1', timeoutMs: 1 };
  t.throws(() => validateListenOptions({ path: '/p', proxyProtocol: { from, timeoutMs } }), error);
  t.throws(() => validateListenOptions({ port: 0, proxyProtocol: 'unix' }), error);
  validateListenOptions({ fd: 3, proxyProtocol: 'unix' });
  validateListenOptions({ port: 0, proxyProtocol: 'unix,::1' });
});

test('with the ipc transport it is refused', async (t) => {
  const error = { code: 'ERR_RONDO_NATIVE_MISSING', message: /'proxyProtocol'.*\["::1"\]/ };
  t.throws(() => new Dispatcher({ transport: 'ipc', proxyProtocol: '::1' }), error);
  const deck = await openDeck(t, { transport: 'ipc' });
  t.throws(() => deck.dispatcher.configure({ proxyProtocol: '::1' }), error);
  t.throws(() => deck.listener.configure({ proxyProtocol: '::1' }), error);
  await t.rejects(deck.dispatcher.listen({ name: 'b', port: 0, proxyProtocol: '::1' }), error);
  deck.listener.configure({ proxyProtocol: null });
});

test('by default it is for TCP alone', nativeOnly, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  const socket = path.join(temporaryDirectory(t), 'socket');
  const listener = await deck.dispatcher.listen({ name: 'unix', path: socket });
  await deck.worker(['http', '--listener=unix']);
  const { stdout } = spawnSync(
    'curl',
    ['-s', '--max-time', '20', '--unix-socket', socket, 'http://localhost/'],
    { encoding: 'utf8' },
  );
  t.match(stdout, /^\d+\n$/);
  await listener.close();
});

test('RONDO_PROXY_PROTOCOL', nativeOnly, async (t) => {
  const run = (env: NodeJS.ProcessEnv) =>
    spawnSync(
      process.execPath,
      ['--import', REGISTER, '-e', "require('node:cluster').fork().kill()"],
      { encoding: 'utf8', env: { ...process.env, ...env } },
    );
  const misspelt = run({ RONDO_PROXY_PROTOCOL: '10.0.0.0/40' });
  t.match(
    misspelt.stderr,
    /The option 'RONDO_PROXY_PROTOCOL' must be networks .*Received '10\.0\.0\.0\/40'/,
  );
  const ipc = run({ RONDO_PROXY_PROTOCOL: '::1', RONDO_TRANSPORT: 'ipc' });
  t.match(ipc.stderr, /ERR_RONDO_NATIVE_MISSING.*'proxyProtocol'/);
  t.equal(ipc.status, 1);
});

test('rondo start --proxy-protocol', nativeOnly, async (t) => {
  const run = runCli(
    t,
    ['start', APP, '-w', '1', '--proxy-protocol', '127.0.0.0/8,::1'],
    withProbe,
  );
  const port = await run.listening(1);
  t.match(await say(port, LINE, GET), /^HTTP\/1\.1 200/);
  t.equal(await say(port, GET), '');
  const bad = spawnSync(process.execPath, [BIN, 'start', APP, '--proxy-protocol', 'all'], {
    encoding: 'utf8',
  });
  t.equal(bad.status, 2);
  t.match(bad.stderr, /'--proxy-protocol' must be networks .*Received 'all'/);
});

test('the configuration, at once', nativeOnly, async (t) => {
  const file = path.join(temporaryDirectory(t), 'config.json');
  const write = (config: object): void => writeFileSync(file, JSON.stringify(config));
  write({ workers: 1, proxyProtocol: { from: ['127.0.0.1'], timeoutMs: 300 } });
  const run = runCli(t, ['start', APP, '--config', file], withProbe);
  const port = await run.listening(1);
  t.match(await say(port, LINE, GET), /^HTTP\/1\.1 200/);
  t.equal(await say(port), '', 'within the time that is given there');
  write({ workers: 1 });
  await until('nobody has to send one', async () => (await say(port, GET)) !== '');
  t.match(await say(port, GET), /^HTTP\/1\.1 200/);
});

function literal(text: string): string {
  return text.replace(/[[\](){}.*+?^$|\\/]/g, '\\$&');
}
