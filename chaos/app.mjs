// The server of the chaos run and of the comparison, as it is written for one process. It does harm to
// itself when the primary tells it to, or, with THROWS_EVERY_MS, from time to time; with BAD it is a release
// that should never have been made.
import { rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const { PORT = '0', SOCKET, THROWS_EVERY_MS, BAD } = process.env;

// Where its errors come from is known.
Error.stackTraceLimit = 0;

const GROW_STEP_MB = 5;
const SLOW_MS = 500;
const BAD_AFTER_MS = 300;
/** The load generator counts who has served. */
const worker = String(process.pid);
const release = path.basename(path.dirname(fileURLToPath(import.meta.url)));
/** @type {Buffer[]} */
const held = [];
let open = 0;

if (BAD === 'throws') fail('at load');

/** @param {http.Server} server */
function count(server) {
  server.on('connection', (socket) => {
    // It only counts, so the connection may go to another worker: `keep` of rondo/worker, which this does not load.
    Object.assign(socket, { [Symbol.for('rondo.keep')]: false });
    open++;
    socket.on('close', () => open--);
  });
  return server;
}

/** @type {http.RequestListener} */
function answer(request, response) {
  if (request.url === '/slow') return answerSlowly(response);
  const text = request.url === '/release' ? release : worker;
  response.writeHead(200, { 'X-Worker': worker, 'Content-Length': text.length });
  response.end(text);
  if (request.url === '/throw') setImmediate(fail, 'by a request');
}

/** @param {http.ServerResponse} response */
function answerSlowly(response) {
  response.writeHead(200).flushHeaders();
  setTimeout(() => response.end(worker), SLOW_MS);
}

process.on('message', (/** @type {any} */ message) => {
  switch (message?.do) {
    case 'throw':
      return setTimeout(fail, message.ms, 'by a timer');
    case 'grow':
      return grow(message.mb);
    case 'hang':
      return hang();
  }
});

if (BAD === 'never listens') setInterval(() => {}, 1_000);
else listen();

if (THROWS_EVERY_MS !== undefined) {
  const ms = Number(THROWS_EVERY_MS);
  setTimeout(fail, ms + 2 * ms * Math.random(), 'from time to time');
}

function listen() {
  count(http.createServer(answer)).listen(Number(PORT), '127.0.0.1', () => {
    if (BAD === 'hangs') setTimeout(hang, 1);
    if (BAD === 'errs') setTimeout(fail, BAD_AFTER_MS, 'of a bad release');
    if (BAD === 'dies') setTimeout(die, BAD_AFTER_MS);
    if (SOCKET !== undefined) listenAtPath(SOCKET);
  });
}

/** @param {string} file */
function listenAtPath(file) {
  // As servers do that are written for one process: the file may be left of another run.
  rmSync(file, { force: true });
  process.on('exit', () => rmSync(file, { force: true }));
  http.createServer(answer).listen(file);
}

function hang() {
  // What it has received by now is lost with it, and nothing more.
  process.send?.({ hanging: open });
  for (;;);
}

function die() {
  process.send?.({ dying: open });
  process.exit(1);
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
