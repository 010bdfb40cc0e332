// What one queue for all workers could give at best, by computation alone: nothing costs anything, and each request goes
// to the worker that is free first. Beside it what keep-alive-busy has if connections stay with their workers.
//
//   node bench/queues.mjs [--workers 2] [--clients 50] [--percent 72]
//
// Requests come by chance, as the load generator asks them: on any connection that has none, and if all have one, on the
// first that is done. The same chances each time.
import { SLOW_PERCENT } from './lib/capacity.mjs';
import { parseOnlyOptions, UsageError, wholeNumber } from './lib/command-line.mjs';
import { quantile, randomSource } from './lib/statistics.mjs';

const REQUESTS = 400_000;
const QUICK_MS = 3;
const SLOW_MS = 20;
const MEAN_MS = QUICK_MS + (SLOW_PERCENT / 100) * (SLOW_MS - QUICK_MS);

/**
 * The time of each request in milliseconds, in order of size.
 * @param {{ workers: number, clients: number, share: number, stays: boolean }} setting `share` of what all workers can do
 */
export function requestTimes({ workers, clients, share, stays }) {
  const random = randomSource(1);
  const workerFreeAt = new Array(workers).fill(0);
  const clientFreeAt = new Array(clients).fill(0);
  const idle = new Int32Array(clients);
  const times = [];
  let now = 0;
  for (let count = 0; count < REQUESTS; count++) {
    now += (-Math.log(1 - random()) * MEAN_MS) / (share * workers);
    const ms = random() < SLOW_PERCENT / 100 ? SLOW_MS : QUICK_MS;
    let idling = 0;
    for (let client = 0; client < clients; client++) {
      if (clientFreeAt[client] <= now) idle[idling++] = client;
    }
    const chosen = Math.floor(random() * idling);
    const client = idling > 0 ? idle[chosen] : earliest(clientFreeAt);
    const worker = stays ? client % workers : earliest(workerFreeAt);
    const end = Math.max(now, clientFreeAt[client], workerFreeAt[worker]) + ms;
    clientFreeAt[client] = workerFreeAt[worker] = end;
    times.push(end - now);
  }
  return times.sort((a, b) => a - b);
}

/** @param {number[]} times */
function earliest(times) {
  let first = 0;
  for (let index = 1; index < times.length; index++) if (times[index] < times[first]) first = index;
  return first;
}

function main() {
  const values = parseOnlyOptions(process.argv.slice(2), {
    workers: { type: 'string', default: '2' },
    clients: { type: 'string', default: '50' },
    percent: { type: 'string', default: '72' },
  });
  const workers = wholeNumber('--workers', values.workers, 1, 64);
  const clients = wholeNumber('--clients', values.clients, 1, 10_000);
  const share = wholeNumber('--percent', values.percent, 1, 99) / 100;
  const [stay, one] = [true, false].map((stays) => {
    const times = requestTimes({ workers, clients, share, stays });
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  });
  console.log(`${workers} workers, ${clients} clients, ${values.percent} % of what all can do:`);
  console.log(`connections stay: p99 ${stay.p99.toFixed(1)} ms, p50 ${stay.p50.toFixed(1)} ms`);
  console.log(`one queue:        p99 ${one.p99.toFixed(1)} ms, p50 ${one.p50.toFixed(1)} ms`);
  console.log(`ratio of p99:     ${(one.p99 / stay.p99).toFixed(2)}`);
}

if (process.argv[1] === import.meta.filename) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
