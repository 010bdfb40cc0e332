// --metrics: where it listens, what it says of it, and what is wrong.

import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { test } from 'tap';
import { parseMetricsAddress } from '../../src/cli/metrics-address.js';
import { runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';
import { metricsOrigin } from '../fixtures/metrics.js';

const APP = fixture('cluster-app.mjs');

test('places', async (t) => {
  const all: Array<[text: string, host: string | null, port: number]> = [
    ['0', '127.0.0.1', 0],
    ['9100', '127.0.0.1', 9100],
    ['localhost:65535', 'localhost', 65_535],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:80', '::1', 80],
    ['[::]:0', '::', 0],
    ['', null, 0],
    ['x', null, 0],
    [':80', null, 0],
    ['::1:80', null, 0],
    ['[::1]', null, 0],
    ['[localhost]:80', null, 0],
    ['[]:80', null, 0],
    ['a:b:80', null, 0],
    ['host:', null, 0],
    ['host:80x', null, 0],
    ['65536', null, 0],
    ['-1', null, 0],
    ['1e3', null, 0],
    ['http://host:80', null, 0],
    ['a host:80', null, 0],
  ];
  for (const [text, host, port] of all) {
    t.strictSame(parseMetricsAddress(text), host === null ? null : { host, port }, `'${text}'`);
  }
});

test('a wrong value', async (t) => {
  const run = runCli(t, ['start', APP, '--metrics', '::1:80']);
  t.equal(await run.end, 2);
  t.match(
    run.stderr(),
    "rondo: --metrics must be [HOST:]PORT, IPv6 in brackets. Received '::1:80'\n",
  );
});

test('an address that is in use', async (t) => {
  const other = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const run = runCli(t, ['start', APP, '--metrics', `${port}`]);
  t.equal(await run.end, 1);
  t.match(run.stderr(), `listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`);
  t.match(run.stderr(), `127.0.0.1:${port} is held by process ${process.pid}`);
  t.notMatch(run.stderr(), 'starts', 'no worker is started');
});

test('on IPv6, as a scraper and a kubelet ask', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1', '--metrics', '[::1]:0']);
  const origin = await metricsOrigin(run);
  t.match(origin, /^http:\/\/\[::1\]:\d+$/);
  t.equal((await fetch(`${origin}/ready`)).status, 503, 'nobody is ready yet');
  t.equal((await fetch(`${origin}/live`)).status, 200);
  await run.listening(1);
  t.equal((await fetch(`${origin}/ready`)).status, 200);
  t.equal((await fetch(`${origin}/none`)).status, 404);
  t.equal((await fetch(`${origin}/metrics`, { method: 'POST' })).status, 405);
  const { headers, length } = await head(`${origin}/metrics?a=b`);
  t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.ok(Number(headers['content-length']) > 1_000 && length === 0, 'HEAD has no body');
  const open = await fetch(`${origin}/metrics`, {
    headers: { accept: 'application/openmetrics-text; version=1.0.0' },
  });
  t.match(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0');
  t.ok((await open.text()).endsWith('\n# EOF\n'));
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0, 'it keeps nothing running');
});

function head(url: string): Promise<{ headers: http.IncomingHttpHeaders; length: number }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'HEAD', agent: false }, (response) => {
      let length = 0;
      response.on('data', (chunk) => {
        length += chunk.length;
      });
      response.on('end', () => resolve({ headers: response.headers, length }));
    });
    request.on('error', reject).end();
  });
}
