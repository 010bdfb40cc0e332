// The server of the chaos run and of the comparison, as it is written for one process. It does harm to
// itself when the primary tells it to, or, with THROWS_EVERY_MS, from time to time.
import http from 'node:http';

const { PORT = '0', THROWS_EVERY_MS } = process.env;

const GROW_STEP_MB = 5;
/** The load generator counts who has served. */
const worker = String(process.pid);
/** @type {Buffer[]} */
const held = [];
let open = 0;

const server = http.createServer((request, response) => {
  response.writeHead(200, { 'X-Worker': worker, 'Content-Length': worker.length });
  response.end(worker);
  if (request.url === '/throw') setImmediate(fail, 'by a request');
});

server.on('connection', (socket) => {
  open++;
  socket.on('close', () => open--);
});

process.on('message', (/** @type {any} */ message) => {
  switch (message?.do) {
    case 'throw':
      return setTimeout(fail, message.ms, 'by a timer');
    case 'grow':
      return grow(message.mb);
    case 'hang':
      // What it has received by now is lost with it, and nothing more.
      process.send?.({ hanging: open });
      for (;;);
  }
});

server.listen(Number(PORT), '127.0.0.1');

if (THROWS_EVERY_MS !== undefined) {
  const ms = Number(THROWS_EVERY_MS);
  setTimeout(fail, ms + 2 * ms * Math.random(), 'from time to time');
}

/**
 * Bit by bit, so that it is not taken for a worker that hangs.
 * @param {number} mb
 */
function grow(mb) {
  held.push(Buffer.alloc(GROW_STEP_MB * 1e6, 1));
  if (mb > GROW_STEP_MB) setImmediate(grow, mb - GROW_STEP_MB);
}

/** @param {string} how */
function fail(how) {
  throw new Error(how);
}
