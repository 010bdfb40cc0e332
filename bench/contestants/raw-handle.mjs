// What articles of Node's first years show: take connections from the listening handle itself, before
// there is a net.Socket, and send their handles over the child's internal channel. node:cluster does
// so too, with answers and a queue around it. Parts of Node are used that are not documented.
import { once } from 'node:events';
import net from 'node:net';
import { channelsInTurn } from '../lib/in-turn.mjs';

// The prefix makes it an internal message.
const CONNECTION = { cmd: 'NODE_BENCH_CONNECTION' };

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, startWorker }) {
  const { next, replace } = channelsInTurn(workers, startWorker);
  const server = net.createServer();
  server.listen(address);
  await once(server, 'listening');
  const listener = /** @type {any} */ (server)._handle;
  listener.onconnection = (/** @type {number} */ error, /** @type {any} */ connection) => {
    if (error) return;
    const child = next();
    if (!child) return connection.close();
    child.send(CONNECTION, connection, () => connection.close());
  };
  return { port: /** @type {net.AddressInfo} */ (server.address()).port, replace };
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server) {
  // The channel keeps a process only while somebody listens for plain messages.
  process.on('message', () => {});
  /** @type {NodeJS.EventEmitter} */ (process).on('internalMessage', (message, handle) => {
    if (message.cmd !== CONNECTION.cmd || !handle) return;
    const options = { handle, readable: true, writable: true };
    server.emit('connection', new net.Socket(/** @type {any} */ (options)));
  });
}
