/**
 * process.exit() of a program that has had an uncaught error: it is held back until what is in flight
 * is answered. As it never returns, neither does it here: it throws what nobody is told of.
 */

import { syncBuiltinESMExports } from 'node:module';
import { before } from '../../hidden-listeners.js';

/** Thrown out of process.exit(); as an uncaught error it is nobody's (guard.ts). */
export const exiting = new Error('The process ends when its requests in flight are answered');

const nodesExit = process.exit;

/** What the program has called process.exit() with, to be done later. */
let held: { code: number | string | null | undefined } | null = null;
let isHolding = false;
let begin: () => void = () => {};

/** From now on, unless `mayExit()`, process.exit() calls `onExit`, once, and throws. */
export function holdExit(mayExit: () => boolean, onExit: () => void): void {
  // The error that came last is the one it ends of.
  begin = onExit;
  if (isHolding) return;
  isHolding = true;
  process.exit = function exit(code?: number | string | null) {
    if (mayExit()) return nodesExit(code);
    if (held === null) {
      held = { code };
      begin();
    }
    throw exiting;
  };
  syncBuiltinESMExports();
}

/** Whether the program has called it and waits for its end. */
export function isExitHeld(): boolean {
  return held !== null;
}

/** Ends the process if it was held back. */
export function exitIfHeld(): void {
  if (held !== null) nodesExit(held.code);
}

/** As of an uncaught error: nothing of the program is asked whether there is more to do. */
export function exitFailed(): never {
  return nodesExit(1);
}

/** Also if the program ends with `process.exit(0)`. */
export function failAtExit(): void {
  before(process, 'exit', (code: number) => {
    if (code === 0) process.exitCode = 1;
  });
}
