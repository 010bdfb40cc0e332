// The mechanism alone: descriptors from one process to another, by the addon's sendFds and recvFds and by
// Node's subprocess.send. The ways of sharing a port do not apply.
import { runProgram } from '../lib/own-program.mjs';

const PROGRAM = new URL('../fd-passing.mjs', import.meta.url);
const MS = 1_000;
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
    return figuresOf(await runProgram(PROGRAM, [WAYS[contestant], batch, String(MS)]));
  },
};

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
