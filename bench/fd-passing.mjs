// The programs of scenario `fd-passing`: `node fd-passing.mjs WAY BATCH MS` sends a descriptor of one and
// the same TCP connection to a process of its own, again and again for MS milliseconds, as fast as
// that takes them, and tells its parent {fds, elapsedS, senderS, receiverS}, or {fault}.
//
// WAY `send`: subprocess.send(), one handle a message, 64 under way; Node sends the next handle when the
// last was acknowledged. WAY `rondo-fd`: sendFds and recvFds with BATCH descriptors a message. They do
// not block; who finds nothing to read or no room sleeps for 0.1 ms.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { close, recvFds, sendFds, socketpair } from 'rondo/fd';

const SELF = new URL(import.meta.url);
const CHANNEL = 4;
const SENDS_UNDER_WAY = 64;
/**
 * Descriptors on their way count against RLIMIT_NOFILE of all processes of the user together
 * (ETOOMANYREFS): few enough to disturb nobody.
 */
const MAX_FDS_UNDER_WAY = 2_048;
const SLEEP_MS = 0.1;
const cell = new Int32Array(new SharedArrayBuffer(4));

const [way, batchText, msText] = process.argv.slice(2);
const batch = Number(batchText);
process.on('disconnect', () => process.exit());
if (process.env.BENCH_RECEIVER === undefined) await send();
else receive(Number(process.env.BENCH_RECEIVER));

async function send() {
  const { socket, end } = await connection();
  const fd = /** @type {number} */ (/** @type {any} */ (socket)._handle.fd);
  const [ours, theirs] = socketpair();
  const receiver = fork(SELF, process.argv.slice(2), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', theirs],
    env: { ...process.env, BENCH_RECEIVER: String(fs.fstatSync(fd).ino) },
  });
  process.send?.({ type: 'started', pid: receiver.pid });
  receiver.once('exit', () => process.exit(1));
  await once(receiver, 'message'); // it is there
  const done = once(receiver, 'message');

  const cpu = process.cpuUsage();
  const start = performance.now();
  const until = start + Number(msText);
  const sent =
    way === 'send' ? await sendHandles(receiver, socket, until) : sendBatches(ours, fd, until);
  receiver.send({ sent });
  const [{ received, receiverS, fault }] = await done;
  const elapsedS = (performance.now() - start) / 1_000;
  const senderS = seconds(process.cpuUsage(cpu));
  const lost = received === sent ? fault : `${sent} sent, ${received} received`;
  process.send?.({ type: 'result', fds: sent, elapsedS, senderS, receiverS, fault: lost });
  receiver.removeAllListeners('exit');
  receiver.disconnect();
  socket.destroy();
  end.destroy();
}

/** A connection of this process with itself. */
async function connection() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const socket = net.connect(port, '127.0.0.1');
  const [[end]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
  server.close();
  return { socket, end: /** @type {net.Socket} */ (end) };
}

/**
 * @param {import('node:child_process').ChildProcess} receiver
 * @param {net.Socket} socket
 * @param {number} until
 * @returns {Promise<number>} how many
 */
function sendHandles(receiver, socket, until) {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let underWay = 0;
    function next() {
      if (performance.now() >= until) {
        if (underWay === 0) resolve(sent);
        return;
      }
      sent++;
      underWay++;
      receiver.send('fd', socket, { keepOpen: true }, (error) => {
        underWay--;
        if (error) reject(error);
        else next();
      });
    }
    for (let i = 0; i < SENDS_UNDER_WAY; i++) next();
  });
}

/**
 * @param {number} channel
 * @param {number} fd
 * @param {number} until
 * @returns {number} how many descriptors
 */
function sendBatches(channel, fd, until) {
  const fds = Array(batch).fill(fd);
  const most = Math.max(2, Math.floor(MAX_FDS_UNDER_WAY / batch));
  let sent = 0;
  let underWay = 0;
  while (performance.now() < until) {
    if (underWay >= most || sendFds(channel, fds) === 0) {
      sleep();
    } else {
      sent += batch;
      underWay++;
    }
    // Asking costs; nobody asks while there is room for long.
    if (underWay > most / 2) underWay -= readCredit(channel);
  }
  return sent;
}

/** @param {number} channel */
function readCredit(channel) {
  let credit = 0;
  for (let message = recvFds(channel); message; message = recvFds(channel)) {
    credit += message.payload.readUInt32LE();
  }
  return credit;
}

/** @param {number} inode of the socket that every descriptor must be */
function receive(inode) {
  let received = 0;
  let isRight = true;
  let total = Infinity;
  /** @type {NodeJS.CpuUsage} */
  let cpu;

  /** @param {number} fd */
  function check(fd) {
    if (received === 0) cpu = process.cpuUsage();
    // One in 1,000: asking costs more than passing.
    if (received++ % 1_000 === 0) isRight &&= fs.fstatSync(fd).ino === inode;
  }

  function endIfAll() {
    if (received < total) return false;
    const fault = isRight ? undefined : 'a descriptor is not that of the socket';
    process.send?.({ received, receiverS: seconds(process.cpuUsage(cpu)), fault });
    return true;
  }

  process.on('message', (/** @type {any} */ message, handle) => {
    if (message !== 'fd') {
      total = message.sent;
      if (way === 'send') endIfAll();
      return;
    }
    const socket = /** @type {net.Socket} */ (handle);
    check(/** @type {any} */ (socket)._handle.fd);
    socket.destroy();
    endIfAll();
  });
  process.send?.('ready');
  if (way !== 'send') receiveBatches(check, endIfAll);
}

/**
 * In slices, so that the message with the total can come in between.
 * @param {(fd: number) => void} check
 * @param {() => boolean} endIfAll
 */
function receiveBatches(check, endIfAll) {
  const credit = Buffer.alloc(4);
  const step = Math.max(1, Math.floor(MAX_FDS_UNDER_WAY / batch / 4));
  let messages = 0;
  for (let i = 0; i < 64; i++) {
    const message = recvFds(CHANNEL);
    if (!message) {
      sleep();
      break;
    }
    for (const fd of message.fds) {
      check(fd);
      close(fd);
    }
    if (++messages === step) {
      credit.writeUInt32LE(messages);
      sendFds(CHANNEL, [], credit);
      messages = 0;
    }
  }
  if (messages > 0) {
    credit.writeUInt32LE(messages);
    sendFds(CHANNEL, [], credit);
  }
  if (!endIfAll()) setImmediate(receiveBatches, check, endIfAll);
}

function sleep() {
  Atomics.wait(cell, 0, 0, SLEEP_MS);
}

/** @param {NodeJS.CpuUsage} usage */
function seconds({ user, system }) {
  return (user + system) / 1e6;
}
