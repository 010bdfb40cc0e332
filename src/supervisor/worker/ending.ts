/**
 * How a worker ends. The program's own handlers of the signal are called when the requests in flight
 * are answered, and from then on signals are the program's: it may remove its handler and raise
 * the signal again. Without handlers it disconnects from the primary when nothing is open, as
 * a worker that ends because it is asked to.
 */

import cluster from 'node:cluster';
import { around } from '../../hidden-listeners.js';
import { exitIfHeld, isExitHeld } from './exit.js';
import { deliver, type EndSignal, programHandles, releaseSignals } from './signals.js';

/**
 * How long node:cluster may wait for servers to close when nothing of theirs is open in this process. They also
 * wait for each socket that is with a child process.
 */
const SERVERS_CLOSE_MS = 500;

let isHandedOver = false;

/** Whether the end is the program's own business by now. */
export function hasHandedOver(): boolean {
  return isHandedOver;
}

/** The requests in flight are answered, or have had their time. */
export function handOver(signal: EndSignal): void {
  if (isHandedOver || isExitHeld() || !programHandles(signal)) return;
  isHandedOver = true;
  releaseSignals();
  // The handlers may let the process run out of work, as it would without a primary.
  process.channel?.unref();
  deliver(signal);
}

/**
 * Nothing is open any more. `signal`: null if it is an error that ends the program. `raised` is a signal that
 * the program has raised itself.
 */
export function endProcess(signal: EndSignal | null, raised: NodeJS.Signals | null): void {
  if (isHandedOver) return;
  exitIfHeld();
  if (raised !== null) {
    releaseSignals();
    process.kill(process.pid, raised);
    return;
  }
  if (signal !== null) handOver(signal);
  if (isHandedOver) return;
  if (!process.connected) process.exit();
  // After the program's listeners.
  around(process, 'disconnect', (_args, next) => {
    next();
    process.exit();
  });
  cluster.worker?.disconnect();
  setTimeout(() => process.disconnect?.(), SERVERS_CLOSE_MS).unref();
}
