// No workers: one process that accepts and serves, as the scenarios' server would be started first of
// all. It stands for what there is to gain.
import { once } from 'node:events';

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, createServer }) {
  const server = createServer(0);
  server.listen(address);
  await once(server, 'listening');
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    servers: 1,
  };
}
