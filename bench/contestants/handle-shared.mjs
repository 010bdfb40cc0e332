// The listening handle is sent once to every worker, child.send('server', server), and all of them
// accept from it. The primary stops listening when each of them does.
import { once } from 'node:events';
import net from 'node:net';
import { listening } from '../lib/listening.mjs';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, startWorker }) {
  const server = net.createServer();
  server.listen(address);
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const children = Array.from({ length: workers }, (_, index) => startWorker(index));
  await Promise.all(
    children.map((child) => {
      child.send('server', server);
      return listening(child);
    }),
  );
  server.close();
  return { port };
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server) {
  const [, handle] = await once(process, 'message');
  server.listen(handle);
  await once(server, 'listening');
  process.send?.({ type: 'listening' });
}
