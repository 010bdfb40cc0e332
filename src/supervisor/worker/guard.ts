/**
 * Uncaught errors, and unhandled rejections, which Node makes uncaught errors. What the process would
 * have done without rondo decides: one that would have ended it is fatal, whoever listens, also if a
 * listener of the program's ends it by process.exit(); one that the program handles is left alone.
 */

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { around } from '../../hidden-listeners.js';
import type { SystemErrorFields } from '../messages.js';
import { exiting, holdExit } from './exit.js';

const require = createRequire(import.meta.url);

/** Of fd 2. */
const STDERR = 2;

/** An error reporter ends the process when it has sent its report; at the latest after this. */
const REPORT_MS = 15_000;

export interface ErrorHost {
  /** Whether the process goes on for what is in flight. */
  isGuarded(): boolean;
  /** The process goes on and is to be drained, or, unguarded, is about to end. */
  onFatal(stack: string, printed: string, error: unknown): void;
  /** Whether it may end now, by process.exit(). */
  mayExit(): boolean;
}

interface Seen {
  error: unknown;
  at: number;
}

export function watchErrors(host: ErrorHost): void {
  /** The last one that the program's listeners were given. */
  let given: Seen | null = null;

  /** Whether an end by process.exit() may be of that error. */
  const isOfError = (): boolean => given !== null && performance.now() - given.at < REPORT_MS;
  const mayExit = (): boolean => host.mayExit() || !isOfError();

  const fail = (error: unknown): void => host.onFatal(stackOf(error), format(error), error);

  /** Calls the program's listeners; what they then end the process with is held back. */
  const give = (error: unknown, next: () => boolean): boolean => {
    given = { error, at: performance.now() };
    if (host.isGuarded()) holdExit(mayExit, () => fail(error));
    try {
      return next();
    } catch (thrown) {
      if (thrown === exiting) return true;
      if (!host.isGuarded()) throw thrown;
      print(format(thrown));
      writeReport(thrown);
      fail(thrown);
      return true;
    }
  };

  around(process, 'uncaughtExceptionMonitor', ([error], next) => {
    if (error === exiting) return true;
    const result = next();
    if (process.hasUncaughtExceptionCaptureCallback()) return result;
    if (process.listenerCount('uncaughtException') === 0 && !host.isGuarded()) fail(error);
    return result;
  });
  around(process, 'uncaughtException', ([error], next) => {
    if (error === exiting) return true;
    if (process.listenerCount('uncaughtException') > 0) return give(error, next);
    if (!host.isGuarded()) return next();
    print(format(error));
    writeReport(error);
    fail(error);
    return true;
  });
  around(process, 'unhandledRejection', ([reason], next) => {
    if (reason === exiting) return true;
    return process.listenerCount('unhandledRejection') > 0 ? give(reason, next) : next();
  });
  around(process, 'exit', ([code], next) => {
    if (isOfError() && code !== 0 && !host.isGuarded()) fail(given?.error);
    return next();
  });
}

/** What a program throws may throw itself where it is looked at: a getter, a proxy, its own way to be inspected. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** Of a system error; a program may give any error such fields, of any type. */
export function systemFieldsOf(error: unknown): SystemErrorFields | undefined {
  return attempt(() => fieldsOf((error ?? {}) as Record<string, unknown>), undefined);
}

function fieldsOf(error: Record<string, unknown>): SystemErrorFields | undefined {
  const { code, syscall, address, port } = error;
  if (typeof code !== 'string' || typeof syscall !== 'string') return undefined;
  return {
    code,
    syscall,
    ...(typeof address === 'string' && { address }),
    ...(typeof port === 'number' && { port }),
  };
}

/** Not imported: to import any of node:util opens process.stderr, from Node 22 on. */
function inspect(value: unknown): string {
  const { inspect: show } = require('node:util') as typeof import('node:util');
  // As Node does it.
  const plainly = (): string => attempt(() => show(value, { customInspect: false }), typeof value);
  return attempt(() => show(value), null) ?? plainly();
}

function stackOf(error: unknown): string {
  const stack = attempt(() => (error as { stack?: unknown } | null | undefined)?.stack, null);
  return typeof stack === 'string' ? stack : `Uncaught: ${inspect(error)}`;
}

/** But for the line of source above it, which Node keeps to itself. */
function format(error: unknown): string {
  const isError = attempt(() => error instanceof Error, false);
  const text = isError ? inspect(error) : `Uncaught:\n${inspect(error)}`;
  return `${text}\n\nNode.js ${process.version}\n`;
}

/** Of `--report-uncaught-exception`, which Node writes for an error that nobody has handled. */
function writeReport(error: unknown): void {
  if (!process.report?.reportOnUncaughtException) return;
  const isError = attempt(() => error instanceof Error, false);
  process.report.writeReport(isError ? (error as Error) : new Error(stackOf(error)));
}

/** Not by process.stderr, which may be the program's, or the cause. */
function print(text: string): void {
  try {
    writeFileSync(STDERR, text);
  } catch {
    // Nobody reads it.
  }
}
