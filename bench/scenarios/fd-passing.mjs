// The mechanism alone: descriptors from one process to another, by the addon's sendFds and recvFds and by
// Node's subprocess.send. The ways of sharing a port do not apply.
import { fork } from 'node:child_process';
import { ended, track } from '../lib/processes.mjs';

const PROGRAM = new URL('../fd-passing.mjs', import.meta.url);
const MS = 1_000;
const TIMEOUT_MS = 15_000;
const BATCHES = [1, 4, 16, 64, 253];

/** @type {Record<string, string>} */
const WAYS = { 'rondo-fd': 'rondo-fd', 'subprocess-send': 'send' };

/** @type {import('../lib/types.mjs').OwnScenario} */
export const fdPassing = {
  name: 'fd-passing',
  about: 'descriptors to another process, so many in a message',
  ownContestants: {
    'rondo-fd': 'sendFds and recvFds of rondo/fd',
    'subprocess-send': "subprocess.send('fd', socket), which takes one at a time",
  },
  columns: ['fdsPerSecond', 'senderUs', 'receiverUs'],
  main: ['fdsPerSecond', 'senderUs'],
  variants: () =>
    BATCHES.map((batch) => ({
      parameters: { batch },
      workers: 1,
      ...(batch > 1 && { contestants: ['rondo-fd'] }),
    })),
  async measure({ contestant, variant }) {
    const batch = String(variant.parameters?.batch);
    const child = fork(PROGRAM, [WAYS[contestant], batch, String(MS)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    /** @type {number[]} */
    const pids = [];
    /** @param {number | undefined} pid */
    function own(pid) {
      if (pid === undefined) return;
      track(pid);
      pids.push(pid);
    }
    own(child.pid);
    try {
      return figuresOf(await resultOf(child, own));
    } finally {
      if (child.connected) child.disconnect();
      await ended(pids, 1_000);
    }
  },
};

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {(pid: number) => void} onStarted
 * @returns {Promise<Result>}
 */
function resultOf(child, onStarted) {
  return new Promise((resolve, reject) => {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const timer = setTimeout(reject, TIMEOUT_MS, new Error(`no result in ${TIMEOUT_MS} ms`));
    child.on('message', (/** @type {any} */ message) => {
      if (message.type === 'started') return onStarted(message.pid);
      clearTimeout(timer);
      resolve(message);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the sender exited with ${signal ?? code}: ${stderr.slice(0, 1_000)}`));
    });
  });
}

/**
 * @typedef {{ fds: number, elapsedS: number, senderS: number, receiverS: number, fault?: string }} Result
 * @param {Result} result
 */
function figuresOf({ fds, elapsedS, senderS, receiverS, fault }) {
  return {
    ...(fault && { reason: fault }),
    observed: {
      fdsPerSecond: fds / elapsedS,
      senderUs: (senderS * 1e6) / fds,
      receiverUs: (receiverS * 1e6) / fds,
    },
  };
}
