/** How a worker ends that has nothing open any more. */

import cluster from 'node:cluster';
import { constants } from 'node:os';
import { type EndSignal, hasHeard, programHandles } from './signals.js';

/**
 * By the program's own handlers of the signal, if it has any; otherwise disconnected from the primary,
 * as a worker that ends because it is asked to.
 */
export function endProcess(signal: EndSignal): void {
  if (programHandles(signal)) {
    // They may let the process run out of work, as it would without a primary.
    process.channel?.unref();
    const emitter: NodeJS.EventEmitter = process;
    if (!hasHeard(signal)) emitter.emit(signal, signal, constants.signals[signal]);
    return;
  }
  if (!process.connected) process.exit();
  process.once('disconnect', () => process.exit());
  cluster.worker?.disconnect();
}

/** Also if the program ends with `process.exit(0)`. */
export function failAtExit(): void {
  process.on('exit', (code) => {
    if (code === 0) process.exitCode = 1;
  });
}
