/**
 * Uncaught errors, and unhandled rejections, which Node makes uncaught errors. With the guard the
 * process goes on for what is in flight; without it the primary is told why the process ends. A
 * program with a listener of its own decides itself.
 */

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SystemErrorFields } from '../messages.js';

const require = createRequire(import.meta.url);

/** Of fd 2. */
const STDERR = 2;

/** `stack` says what, `printed` is what Node would print. */
export type OnUncaught = (stack: string, printed: string, error: unknown) => void;

/** `onError` is called in place of the process's end, with what Node would print. */
export function guard(onError: OnUncaught): void {
  // First, so that a once() of the program's is still to be seen.
  process.prependListener('uncaughtException', (error: unknown) => {
    if (process.listenerCount('uncaughtException') > 1) return;
    const printed = format(error);
    print(printed);
    onError(stackOf(error), printed, error);
  });
}

/** `onError` is called before the process ends of it. */
export function reportUncaught(onError: OnUncaught): void {
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    const isHandled =
      process.listenerCount('uncaughtException') > 0 ||
      process.hasUncaughtExceptionCaptureCallback();
    if (!isHandled) onError(stackOf(error), format(error), error);
  });
}

/** Of a system error; a program may give any error such fields, of any type. */
export function systemFieldsOf(error: unknown): SystemErrorFields | undefined {
  const { code, syscall, address, port } = (error ?? {}) as Record<string, unknown>;
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
  return (require('node:util') as typeof import('node:util')).inspect(value);
}

function stackOf(error: unknown): string {
  const { stack } = (error ?? {}) as { stack?: unknown };
  return typeof stack === 'string' ? stack : `Uncaught: ${inspect(error)}`;
}

/** But for the line of source above it, which Node keeps to itself. */
function format(error: unknown): string {
  const text = error instanceof Error ? inspect(error) : `Uncaught:\n${inspect(error)}`;
  return `${text}\n\nNode.js ${process.version}\n`;
}

/** Not by process.stderr, which may be the program's, or the cause. */
function print(text: string): void {
  try {
    writeFileSync(STDERR, text);
  } catch {
    // Nobody reads it.
  }
}
