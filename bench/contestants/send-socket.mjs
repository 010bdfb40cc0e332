// The documented way to do it by hand: the primary accepts in JavaScript and sends each socket with
// subprocess.send(), worker after worker. `pauseOnConnect` so that the primary reads nothing of it.
import { once } from 'node:events';
import net from 'node:net';
import { channelsInTurn } from '../lib/in-turn.mjs';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, startWorker }) {
  const { next, replace } = channelsInTurn(workers, startWorker);
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    const child = next();
    if (!child) return socket.destroy();
    child.send('socket', socket, (error) => error && socket.destroy());
  });
  server.listen(address);
  await once(server, 'listening');
  return { port: /** @type {net.AddressInfo} */ (server.address()).port, replace };
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server) {
  process.on('message', (message, socket) => {
    // No socket comes with the message if the client was gone before it could be sent.
    if (message === 'socket' && socket) server.emit('connection', socket);
  });
}
