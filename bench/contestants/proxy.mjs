// A reverse proxy: every worker listens on a port of its own, and for each connection that the primary
// accepts it opens another one, and passes the bytes on from either to the other.
import { once } from 'node:events';
import net from 'node:net';
import { turns } from '../lib/in-turn.mjs';
import { listening } from '../lib/listening.mjs';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, startWorker }) {
  /** @type {(number | undefined)[]} */
  const ports = [];
  await Promise.all(Array.from({ length: workers }, (_, index) => start(index)));
  const next = turns(workers, (index) => ports[index] !== undefined);
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const index = next();
    if (index === undefined) return client.destroy();
    const port = /** @type {number} */ (ports[index]);
    const upstream = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(address);
  await once(server, 'listening');
  return { port: /** @type {net.AddressInfo} */ (server.address()).port, replace: start };

  /** @param {number} index */
  async function start(index) {
    ports[index] = undefined;
    ports[index] = await listening(startWorker(index));
  }
}

/**
 * The end of one direction is passed on as such; an error ends both.
 * @param {net.Socket} from
 * @param {net.Socket} to
 */
function pass(from, to) {
  from.on('error', () => to.destroy());
  from.pipe(to);
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  process.send?.({ type: 'listening', port });
}
