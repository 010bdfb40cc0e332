// The documented way to do it by hand: the primary accepts in JavaScript and sends each socket with
// subprocess.send(), worker after worker. `pauseOnConnect` so that the primary reads nothing of it.
import { once } from 'node:events';
import net from 'node:net';
import { channelsInTurn } from '../lib/in-turn.mjs';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, withSecond, workers, startWorker }) {
  const { next, replace } = channelsInTurn(workers, startWorker);
  const port = await listen(address);
  const secondPort = withSecond ? await listen({ ...address, port: 0 }) : 0;
  return { port, secondPort, replace };

  /** @param {import('../lib/types.mjs').Address} where */
  async function listen(where) {
    const server = net.createServer({ pauseOnConnect: true }, (socket) => {
      const child = next();
      if (!child) return socket.destroy();
      child.send('socket', socket, (error) => error && socket.destroy());
    });
    server.listen(where);
    await once(server, 'listening');
    return /** @type {net.AddressInfo} */ (server.address()).port;
  }
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server) {
  process.on('message', (message, socket) => {
    // No socket comes with the message if the client was gone before it could be sent.
    if (message === 'socket' && socket) server.emit('connection', socket);
  });
}
