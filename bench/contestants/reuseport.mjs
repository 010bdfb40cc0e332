// SO_REUSEPORT: every worker has a listening socket of its own on the same port, and the kernel
// spreads connections over them by a hash of their addresses. That is an option of net.Server from Node
// 23.1; before, a small program binds the socket and becomes the worker.
import { once } from 'node:events';
import { hasReusePort, listening } from '../lib/listening.mjs';
import { programFile } from '../lib/programs.mjs';

const LISTEN = programFile('reuseport_listen');

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, startWorker }) {
  const { host } = address;
  // The first one finds the port.
  const port = await listening(start(0, address.port));
  const others = Array.from({ length: workers - 1 }, (_, index) => start(index + 1, port));
  await Promise.all(others.map(listening));
  return { port, replace: startAt, add: startAt };

  /** @param {number} index */
  function startAt(index) {
    start(index, port);
  }

  /**
   * @param {number} index
   * @param {number} port
   */
  function start(index, port) {
    if (hasReusePort()) return startWorker(index, { env: { BENCH_PORT: String(port) } });
    return startWorker(index, { by: [LISTEN, host, String(port)] });
  }
}

/** @type {Required<import('../lib/types.mjs').Adapter>['worker']} */
export async function worker(server, address) {
  const { BENCH_LISTEN_FD } = process.env;
  server.listen(
    BENCH_LISTEN_FD === undefined
      ? { ...address, reusePort: true }
      : { fd: Number(BENCH_LISTEN_FD) },
  );
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ type: 'listening', port });
}
