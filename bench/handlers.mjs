// What the workers do with a connection. Every contestant serves these same handlers, so that only
// the way a connection reaches a worker differs. Each reply names its worker.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';

const SPIN_MS = 3;
const SHORT_SPIN_MS = 1.8;
const DIGEST_BYTES = 10 * 1_024;
const SLOW_MS = 20;
const LINE_SPIN_MS = 1;

const WAIT_MS = 20;
/** Longer than any load: no connection ends by itself. */
const KEEP_ALIVE_MS = 60_000;

/** A worker's connections to a database, and for how long a request has one of them. */
export const DATABASE = { handler: 'database', connections: 16, ms: 20 };

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
  return spinning(worker, SPIN_MS);
}

/**
 * The same with 1.8 ms.
 * @param {string} worker
 */
function busyShortly(worker) {
  return spinning(worker, SHORT_SPIN_MS);
}

/**
 * @param {string} worker
 * @param {number} ms
 */
function spinning(worker, ms) {
  return http.createServer((_request, response) => {
    spin(ms);
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

/**
 * Nearly all requests have next to nothing to do; those for /slow keep the worker for 20 ms.
 * @param {string} worker
 */
function mixed(worker) {
  return http.createServer((request, response) => {
    if (request.url === '/slow') spin(SLOW_MS);
    response.writeHead(200, { 'X-Worker': worker, 'Content-Length': worker.length });
    response.end(worker);
  });
}

/**
 * 12 bytes; for /digest 10 KB of random bytes and their SHA-256, each time anew.
 * @param {string} worker
 */
function digest(worker) {
  return http.createServer((request, response) => {
    const body = request.url === '/digest' ? randomWithDigest() : 'Hello World\n';
    response.writeHead(200, { 'X-Worker': worker, 'Content-Length': body.length });
    response.end(body);
  });
}

function randomWithDigest() {
  const bytes = randomBytes(DIGEST_BYTES);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return JSON.stringify({ value: bytes.toString('hex'), sha256 });
}

/**
 * One short line that says when this worker had the connection, then the end.
 * @param {string} worker
 */
function handoff(worker) {
  return net.createServer((socket) => {
    const now = process.hrtime.bigint();
    socket.on('error', ignoreReset);
    socket.end(`${worker} ${now}\n`);
  });
}

/**
 * One short line on a connection that stays open until the client closes it.
 * @param {string} worker
 */
function hold(worker) {
  const line = `${worker}\n`;
  return net.createServer((socket) => {
    socket.on('error', ignoreReset);
    socket.resume();
    socket.write(line);
  });
}

/**
 * One short line after 1 ms during which this worker can do nothing else, then the end.
 * @param {string} worker
 */
function spinLine(worker) {
  const line = `${worker}\n`;
  return net.createServer((socket) => {
    socket.on('error', ignoreReset);
    spin(LINE_SPIN_MS);
    socket.end(line);
  });
}

/**
 * One short line after some time with one of a few connections to a database, then the end. Who finds all of them in
 * use waits for one.
 * @param {string} worker
 */
function database(worker) {
  const line = `${worker}\n`;
  let free = DATABASE.connections;
  /** @type {net.Socket[]} */
  const waiting = [];
  return net.createServer((socket) => {
    socket.on('error', ignoreReset);
    if (free === 0) waiting.push(socket);
    else ask(socket);
  });

  /** @param {net.Socket} socket */
  function ask(socket) {
    free--;
    setTimeout(() => {
      free++;
      socket.end(line);
      const next = waiting.shift();
      if (next) ask(next);
    }, DATABASE.ms);
  }
}

/**
 * A CPU-bound request handler, 3 ms and for /slow 20, of the thread's own CPU time: a worker that loses its core
 * needs as much as before.
 * @param {string} worker
 */
function work(worker) {
  return keepingAlive(worker, (request, done) => {
    burn(request.url === '/slow' ? SLOW_MS : SPIN_MS);
    done();
  });
}

/**
 * The same without the CPU: the loop is blocked for so long, as by a synchronous call, or as on a machine that has a core
 * for each worker.
 * @param {string} worker
 */
function block(worker) {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  return keepingAlive(worker, (request, done) => {
    Atomics.wait(nothing, 0, 0, request.url === '/slow' ? SLOW_MS : SPIN_MS);
    done();
  });
}

/**
 * A request handler that waits 20 ms for somebody else, and needs next to no CPU time.
 * @param {string} worker
 */
function wait(worker) {
  return keepingAlive(worker, (_request, done) => setTimeout(done, WAIT_MS));
}

/**
 * @param {string} worker
 * @param {(request: http.IncomingMessage, done: () => void) => void} handle
 */
function keepingAlive(worker, handle) {
  const server = http.createServer((request, response) => {
    handle(request, () => {
      response.writeHead(200, { 'X-Worker': worker, 'Content-Length': worker.length });
      response.end(worker);
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

/**
 * The thread's clock where Node has it (22.19); before, the process's, which has one such thread where this is used.
 * @param {number} ms
 */
function burn(ms) {
  /** @type {{ cpuUsage: NodeJS.Process['cpuUsage'], threadCpuUsage?: NodeJS.Process['cpuUsage'] }} */
  const clocks = process;
  const clock = clocks.threadCpuUsage ?? clocks.cpuUsage;
  const until = microseconds(clock) + 1_000 * ms;
  while (microseconds(clock) < until);
}

/** @param {NodeJS.Process['cpuUsage']} clock */
function microseconds(clock) {
  const { user, system } = clock.call(process);
  return user + system;
}

/** @param {number} ms */
function spin(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

// A client that gave up. The load generator counts it on its side, and the cell is void for it;
// here it must only not end the worker.
function ignoreReset() {}

/** @type {Record<string, (worker: string) => net.Server>} */
export const HANDLERS = {
  storm,
  busy,
  busyShortly,
  digest,
  hello,
  mixed,
  handoff,
  hold,
  spinLine,
  database,
  work,
  block,
  wait,
};
