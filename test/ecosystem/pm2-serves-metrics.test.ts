// With pm2 as the host, whose daemon has the preload and RONDO_METRICS: the metrics of its programs, by pm2's ids and names,
// over a reload.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { type Samples, scrape } from '../fixtures/metrics.js';
import { gone, ROOT } from './program.js';

const PM2 = createRequire(import.meta.url).resolve('pm2/bin/pm2');

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('two programs of one daemon', nativeOnly, async (t) => {
  // Short, for the daemon's sockets are in it.
  const home = mkdtempSync(path.join(tmpdir(), 'pm2-'));
  const origin = `http://127.0.0.1:${await freePort()}`;
  const env = {
    ...process.env,
    PM2_HOME: home,
    PM2_DISABLE_VERSION_CHECK: 'true',
    NODE_OPTIONS: '--import rondo/register',
    RONDO_METRICS: new URL(origin).host,
  };
  const pm2 = (...args: string[]) =>
    promisify(execFile)(process.execPath, [PM2, ...args], { cwd: ROOT, env });
  let daemon = 0;
  t.teardown(async () => {
    await pm2('kill');
    if (daemon !== 0) await gone([daemon]);
    rmSync(home, { recursive: true });
  });
  const app = fixture('measured-app.mjs');
  await pm2('start', app, '-i', '2', '--name', 'shop');
  daemon = Number(readFileSync(path.join(home, 'pm2.pid'), 'utf8'));
  await pm2('start', app, '-i', '1', '--name', 'blog');
  const seats = [
    '{seat="0",pm2_name="shop"}',
    '{seat="1",pm2_name="shop"}',
    '{seat="2",pm2_name="blog"}',
  ];
  const each = (samples: Samples, name: string) => seats.map((seat) => samples.get(name + seat));
  let samples: Samples = new Map();
  const scraped = (what: string, is: () => boolean) =>
    until(what, async () => {
      samples = await scrape(origin);
      return is();
    });
  // Each of a program's workers has a number of pm2's, from 0 on, and sets that and 1.
  await scraped('all have told', () => samples.get('app_sum_gauge{pm2_name="shop"}') === 3);
  await scraped('all have told', () => samples.get('app_sum_gauge{pm2_name="blog"}') === 1);
  t.strictSame(each(samples, 'rondo_worker_starts_total'), [1, 1, 1]);
  t.strictSame(each(samples, 'shared_seat'), [10, 11, 10]);
  await pm2('reload', 'shop');
  await scraped(
    'the new ones have told',
    () => samples.get('app_sum_gauge{pm2_name="shop"}') === 3,
  );
  t.strictSame(each(samples, 'rondo_worker_starts_total'), [2, 2, 1], 'ids stay');
  t.equal((await fetch(`${origin}/ready`)).status, 200);
});
