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
  /** Whether the process goes on for what is in flight; not asked when 'exit' has been emitted. */
  isGuarded(): boolean;
  /** The process goes on and is to be drained, or, unguarded, is about to end. */
  onFatal(stack: string, printed: string, error: unknown, how: Fatal): void;
  /** Whether it may end now, by process.exit(). */
  mayExit(): boolean;
}

export interface Fatal {
  isGuarded: boolean;
  /** With which Node would end the process. */
  code: number;
}

/** Of an uncaught error, and of one in a listener of those. */
const UNCAUGHT = 1;
const IN_LISTENER = 7;

interface Seen {
  error: unknown;
  at: number;
}

export function watchErrors(host: ErrorHost): void {
  /** The last one that the program's listeners were given. */
  let given: Seen | null = null;

  let isGiving = false;
  /** From then on Node calls nothing back, so nothing in flight would be answered. */
  let isExiting = false;
  const isGuarded = (): boolean => !isExiting && host.isGuarded();

  /** Whether an end by process.exit() may be of that error: in a listener any, later one that says that something failed. */
  const isOfError = (code: number): boolean =>
    given !== null && (isGiving || (code !== 0 && performance.now() - given.at < REPORT_MS));
  const mayExit = (code: number): boolean => host.mayExit() || !isOfError(code);

  const fail = (error: unknown, code = UNCAUGHT): void =>
    host.onFatal(stackOf(error), format(error), error, { isGuarded: isGuarded(), code });

  /** Calls the program's listeners; what they then end the process with is held back. */
  const give = (error: unknown, next: () => boolean, isRejection: boolean): boolean => {
    given = { error, at: performance.now() };
    if (isGuarded()) holdExit(mayExit, () => fail(error));
    isGiving = true;
    try {
      return next();
    } catch (thrown) {
      if (thrown === exiting) return true;
      // Node makes what a listener of 'unhandledRejection' throws an uncaught error.
      if (isRejection || !isGuarded()) throw thrown;
      print(format(thrown));
      writeReport(thrown);
      fail(thrown, IN_LISTENER);
      return true;
    } finally {
      isGiving = false;
    }
  };

  around(process, 'uncaughtExceptionMonitor', ([error], next) => {
    if (error === exiting) return true;
    const result = next();
    if (process.hasUncaughtExceptionCaptureCallback()) return result;
    if (process.listenerCount('uncaughtException') === 0 && !isGuarded()) fail(error);
    return result;
  });
  around(process, 'uncaughtException', ([error], next) => {
    if (error === exiting) return true;
    if (process.listenerCount('uncaughtException') > 0) return give(error, next, false);
    if (!isGuarded()) return next();
    print(format(error));
    writeReport(error);
    fail(error);
    return true;
  });
  around(process, 'unhandledRejection', ([reason], next) => {
    if (reason === exiting) return true;
    return process.listenerCount('unhandledRejection') > 0 ? give(reason, next, true) : next();
  });
  around(process, 'exit', ([code], next) => {
    isExiting = true;
    const number = Number(code);
    if (number !== 0 && isOfError(number) && !host.isGuarded()) fail(given?.error);
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
  const text = isError ? enhanced(error as Error) : `Uncaught:\n${inspect(error)}`;
  return `${text}\n\nNode.js ${process.version}\n`;
}

/** Of an 'error' that nobody has listened for: Node knows where it was emitted, and tells it with the stack. */
function enhanced(error: Error): string {
  const text = inspect(error);
  return attempt(() => {
    const symbols = Object.getOwnPropertySymbols(error);
    const key = symbols.find(({ description }) => description === 'kEnhanceStackBeforeInspector');
    if (key === undefined) return text;
    const { stack = '' } = error;
    return text.replace(
      stack,
      () => (error as unknown as Record<symbol, () => string>)[key]?.() ?? stack,
    );
  }, text);
}

/** Of `--report-uncaught-exception`, which Node writes for an error that nobody has handled. */
function writeReport(error: unknown): void {
  if (!process.report?.reportOnUncaughtException) return;
  const isError = attempt(() => error instanceof Error, false);
  const reported = isError ? (error as Error) : new Error(stackOf(error));
  // Not where the permission model forbids it.
  attempt(() => process.report.writeReport(reported), '');
}

/** Not by process.stderr, which may be the program's, or the cause. */
function print(text: string): void {
  try {
    writeFileSync(STDERR, text);
  } catch {
    // Nobody reads it.
  }
}
