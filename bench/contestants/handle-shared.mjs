// The listening handle is sent once to every worker, child.send('server', server), and all of them
// accept from it. The primary stops listening when each of them does.
import { on, once } from 'node:events';
import net from 'node:net';
import { listening } from '../lib/listening.mjs';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, withSecond, workers, startWorker }) {
  const servers = [await listen(address)];
  if (withSecond) servers.push(await listen({ ...address, port: 0 }));
  const children = Array.from({ length: workers }, (_, index) => startWorker(index));
  await Promise.all(
    children.map((child) => {
      for (const server of servers) child.send('server', server);
      return listening(child);
    }),
  );
  const [port, secondPort] = servers.map(
    (server) => /** @type {net.AddressInfo} */ (server.address()).port,
  );
  for (const server of servers) server.close();
  return { port, secondPort };
}

/** @param {import('../lib/types.mjs').Address} address */
async function listen(address) {
  const server = net.createServer();
  server.listen(address);
  await once(server, 'listening');
  return server;
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server, _address, second) {
  const messages = on(process, 'message');
  for (const one of second ? [server, second] : [server]) {
    const { value } = await messages.next();
    one.listen(value[1]);
    await once(one, 'listening');
  }
  // Other listeners of the channel's messages stay.
  await messages.return?.();
  process.send?.({ type: 'listening' });
}
