// What the workers do with a connection. Every contestant serves these same handlers, so that only
// the way a connection reaches a worker differs. Each reply names its worker.
import http from 'node:http';
import net from 'node:net';

const SPIN_MS = 3;

/**
 * One short line, then the end.
 * @param {string} worker
 */
function storm(worker) {
  const line = `${worker}\n`;
  return net.createServer((socket) => {
    socket.on('error', ignoreReset);
    socket.end(line);
  });
}

/**
 * A CPU-bound request handler: 3 ms during which this worker can do nothing else.
 * @param {string} worker
 */
function busy(worker) {
  return http.createServer((_request, response) => {
    const until = performance.now() + SPIN_MS;
    while (performance.now() < until);
    response.writeHead(200, { 'X-Worker': worker, 'Content-Length': worker.length });
    response.end(worker);
  });
}

/**
 * A handler with next to nothing to do.
 * @param {string} worker
 */
function hello(worker) {
  return http.createServer((_request, response) => {
    response.writeHead(200, { 'X-Worker': worker, 'Content-Length': worker.length });
    response.end(worker);
  });
}

// A client that gave up. The load generator counts it on its side, and the cell is void for it;
// here it must only not end the worker.
function ignoreReset() {}

/** @type {Record<string, (worker: string) => net.Server>} */
export const HANDLERS = { storm, busy, hello };
