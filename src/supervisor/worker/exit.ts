/**
 * process.exit() of a program that has had an uncaught error: it is held back until what is in flight
 * is answered. As it never returns, neither does it here: it throws what nobody is told of.
 */

import { syncBuiltinESMExports } from 'node:module';
import { before } from '../../hidden-listeners.js';

/** Thrown out of process.exit(); as an uncaught error it is nobody's (guard.ts). */
export const exiting = new Error('The process ends when its requests in flight are answered');

/** As Node's; one of the program's own may return. */
type Exit = (...args: Parameters<typeof process.exit>) => never;

const nodesExit: Exit = process.exit;

/** What the program has called, to be done later. */
let held: { exit: Exit; args: Parameters<Exit> } | null = null;
let isHolding = false;
let failure: number | null = null;
let begin: () => void = () => {};

/** From now on, unless `mayExit(code)`, process.exit() calls `onExit`, once, and throws. */
export function holdExit(mayExit: (code: number) => boolean, onExit: () => void): void {
  // The error that came last is the one it ends of.
  begin = onExit;
  if (isHolding) return;
  isHolding = true;
  // The program may have put its own there.
  const programs: Exit = process.exit;
  process.exit = function exit(...args: Parameters<Exit>) {
    const code = args.length > 0 ? (args[0] ?? 0) : (process.exitCode ?? 0);
    if (mayExit(Number(code))) return programs(...args);
    // Throws what process.exit() would throw of what is no code.
    if (args.length > 0) process.exitCode = args[0] ?? undefined;
    if (held === null) {
      held = { exit: programs, args };
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

/** Calls it if it was held back. One of the program's own may take its time, so true: the end is its business. */
export function exitIfHeld(): boolean {
  held?.exit(...held.args);
  return held !== null;
}

/** As of an uncaught error: nothing of the program is asked whether there is more to do. */
export function exitFailed(): never {
  return nodesExit(failure ?? 1);
}

/** Of what Node ends by itself with that code. Also if the program ends with `process.exit(0)`. */
export function failAtExit(code: number): void {
  if (failure === null) endWithFailure();
  failure = code;
}

function endWithFailure(): void {
  before(process, 'exit', (its: number) => {
    if (its === 0) process.exitCode = failure ?? 0;
  });
}
