// What Bun runs for the contestant of that name: `bun bun-program.mjs HANDLER WORKERS`, with node:cluster as Bun has it.
// Primary → parent: {type:'serving', index, pid} for each worker, {type:'ready', port}. Whoever loses its parent exits.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { HANDLERS } from '../handlers.mjs';

const [handler, workers] = process.argv.slice(2);
const { BENCH_WORKER, BENCH_HOST, BENCH_PORT } = process.env;

process.on('disconnect', () => process.exit());
if (BENCH_WORKER === undefined) await runPrimary();
else await runWorker(BENCH_WORKER);

async function runPrimary() {
  // The first one finds the port.
  const port = await start(0, Number(BENCH_PORT));
  const others = Array.from({ length: Number(workers) - 1 }, (_, index) => start(index + 1, port));
  await Promise.all(others);
  process.send?.({ type: 'ready', port });
}

/**
 * @param {number} index
 * @param {number} port
 * @returns {Promise<number>} the port
 */
async function start(index, port) {
  const worker = cluster.fork({ BENCH_WORKER: String(index), BENCH_PORT: String(port) });
  process.send?.({ type: 'started', pid: worker.process.pid });
  worker.once('exit', () => process.exit(1));
  const [message] = await once(worker, 'message');
  process.send?.({ type: 'serving', index, pid: worker.process.pid });
  return message.port;
}

/** @param {string} index */
async function runWorker(index) {
  const server = HANDLERS[handler](`w${index}`);
  server.listen({ host: BENCH_HOST, port: Number(BENCH_PORT), reusePort: true });
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ type: 'listening', port });
}
