// Under load, over 20 kills, 5 reloads, and a seat that goes and comes back: no counter of a scrape falls or is
// gone, labels are those of seats, and in the end the sums are what the clients have counted.

import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { fallen, metricsOrigin, type Samples, scrape, sumOf } from '../fixtures/metrics.js';

const WORKERS = 4;
const RELOADS = 5;

test('over 20 kills and 5 reloads', nativeOnly, async (t) => {
  const options = ['-w', `${WORKERS}`, '--parallel', `${WORKERS}`, '--min-uptime', '50'];
  const run = runCli(t, [
    ...['start', fixture('supervisor-app.mjs'), ...options],
    ...['--max-restarts', '1000', '--metrics', '0'],
  ]);
  const origin = await metricsOrigin(run);
  const port = await run.listening(WORKERS);
  const clients = startClients(port);
  const scraper = startScraper(origin);
  let started = WORKERS;
  for (let reload = 1; reload <= RELOADS; reload++) {
    for (const { pid } of latest(run.workers())) process.kill(pid, 'SIGKILL');
    started += WORKERS;
    await run.listening(started);
    run.child.kill('SIGHUP');
    started += WORKERS;
    await until('it is reloaded', async () => {
      return (await scrape(origin)).get('rondo_reloads_total{outcome="done"}') === reload;
    });
  }
  run.child.kill('SIGTTOU');
  await run.says(/worker 3 \(pid \d+\) ended with code 0 .* \(scale\)/);
  run.child.kill('SIGTTIN');
  await run.listening(started + 1);
  const { connected, whole, broken } = await clients.stop();

  let samples: Samples = new Map();
  // Received once more where they go: a worker that drains passes idle connections on.
  const moved = () => sumOf(samples, 'rondo_connections_moved_total');
  const received = () =>
    sumOf(samples, 'rondo_connections_received_total') -
    sumOf(samples, 'rondo_connections_refused_total') -
    moved();
  const over = () =>
    sumOf(samples, 'rondo_connections_ended_total') +
    sumOf(samples, 'rondo_connections_unfinished_total') +
    sumOf(samples, 'rondo_idle_connections_closed_total');
  await until('all connections are over', async () => {
    samples = await scrape(origin);
    const isQuiet = sumOf(samples, 'rondo_connections_open') === 0;
    return isQuiet && received() === connected && over() === connected;
  }).catch(() => {});
  t.equal(sumOf(samples, 'rondo_connections_accepted_total'), connected, 'accepted');
  t.equal(received(), connected, 'received, and not sent back');
  t.equal(over(), connected, 'and over');
  const unfinished = sumOf(samples, 'rondo_connections_unfinished_total');
  t.ok(broken <= unfinished, `${broken} were cut off, and ${unfinished} counted as unfinished`);
  t.ok(whole > 0 && broken > 0, `(${whole} were answered in whole)`);
  t.equal(
    sumOf(samples, 'rondo_connections_handed_total'),
    sumOf(samples, 'rondo_connections_received_total') +
      sumOf(samples, 'rondo_connections_reclaimed_total') +
      sumOf(samples, 'rondo_connections_lost_total'),
    'what was handed off was received, or read back',
  );
  t.equal(
    sumOf(samples, 'rondo_queue_time_seconds_count'),
    sumOf(samples, 'rondo_connections_handed_total'),
    'and waited for some time, or none',
  );
  const timed = sumOf(samples, 'rondo_handoff_latency_seconds_count');
  t.ok(timed <= connected + moved() && timed >= whole, `the hand-off of ${timed} was timed`);
  t.equal(
    sumOf(samples, 'rondo_worker_handoff_latency_seconds_count'),
    timed,
    'at one of the workers',
  );
  t.equal(sumOf(samples, 'rondo_connections_open'), 0);
  t.equal(sumOf(samples, 'rondo_connections_pending'), 0);

  t.strictSame(await scraper.stop(), [], 'no counter has fallen');
  t.ok(scraper.scrapes > 20, `in ${scraper.scrapes} scrapes`);
  t.strictSame(labelsIn(samples), ['0', '1', '2', '3'], 'labels are the seats');
  const exits = (reason: string) =>
    [...samples]
      .filter(([series]) => series.startsWith('rondo_worker_exits_total'))
      .filter(([series]) => series.includes(`reason="${reason}"`))
      .reduce((sum, [, value]) => sum + value, 0);
  t.equal(exits('exit'), WORKERS * RELOADS, 'each kill is an exit');
  t.equal(exits('reload'), WORKERS * RELOADS);
  t.equal(exits('scale'), 1);
  t.equal(sumOf(samples, 'rondo_worker_starts_total'), WORKERS * (1 + 2 * RELOADS) + 1);
  t.equal(samples.get('rondo_reloads_begun_total'), RELOADS);
  t.ok(sumOf(samples, 'rondo_worker_cpu_seconds_total') > 0);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

function latest(workers: ReadonlyArray<{ seat: number; pid: number }>) {
  return [...new Map(workers.map((worker) => [worker.seat, worker])).values()];
}

function labelsIn(samples: Samples): string[] {
  const seats = [...samples.keys()].map((series) => /seat="(\d+)"/.exec(series)?.[1]);
  return [...new Set(seats)].filter((seat) => seat !== undefined).sort();
}

/** Each connects, asks once, and reads to the end. */
function startClients(port: number) {
  const result = { connected: 0, whole: 0, broken: 0 };
  let isStopped = false;
  const client = async (): Promise<void> => {
    while (!isStopped) {
      const socket = net.connect({ port, host: '127.0.0.1' });
      let text = '';
      socket.on('connect', () => {
        result.connected++;
        socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      });
      socket.on('data', (chunk) => {
        text += chunk;
      });
      // A connection that is cut off has an error first.
      await once(socket, 'close').catch(() => {});
      if (/^HTTP\/1\.1 200[\s\S]*\r\n\r\n./.test(text)) result.whole++;
      else result.broken++;
      await delay(2);
    }
  };
  const all = Promise.all(Array.from({ length: 8 }, client));
  return {
    async stop() {
      isStopped = true;
      await all;
      return result;
    },
  };
}

function startScraper(origin: string) {
  const found: string[] = [];
  let isStopped = false;
  const scraper = {
    scrapes: 0,
    async stop(): Promise<string[]> {
      isStopped = true;
      await loop;
      return found;
    },
  };
  const loop = (async () => {
    let before: Samples = new Map();
    while (!isStopped) {
      const samples = await scrape(origin);
      scraper.scrapes++;
      found.push(...fallen(before, samples));
      before = samples;
      await delay(20);
    }
  })();
  return scraper;
}
