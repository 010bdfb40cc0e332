// What every program here answers, so that one harness can use them all, and how it says that it is ready.
import process from 'node:process';

const SLOW_MS = 300;

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
export function routes({ url }, response) {
  const pid = String(process.pid);
  if (url === '/slow') {
    // The client knows by the headers that its request is being served.
    response.flushHeaders();
    setTimeout(() => response.end(pid), SLOW_MS);
    return;
  }
  response.end(pid);
  if (url === '/throw') setImmediate(fail, 'thrown on purpose');
  if (url === '/reject') Promise.reject(new Error('rejected on purpose'));
}

/** @param {string} message */
function fail(message) {
  throw new Error(message);
}

/** @param {import('node:net').Server} server */
export function listen(server) {
  server.listen(0, '127.0.0.1', () => ready(server));
}

/** @param {import('node:net').Server} [server] */
export function ready(server) {
  const address = /** @type {import('node:net').AddressInfo | undefined} */ (server?.address());
  console.log(`ready ${address?.port ?? 0}`);
}
