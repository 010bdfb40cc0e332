/**
 * The short-lived process that reads a configuration file that is a program: evaluates it, and writes what it exports
 * as JSON. Everything that it has loaded ends with it, so that the next reading begins anew.
 */

import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Where the result goes; stdout may have what the file prints. */
const RESULT_FD = 3;

export type ConfigResult = { value: unknown } | { error: string };

async function read(file: string): Promise<ConfigResult> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    if (module.default === undefined) return { error: 'it has no default export' };
    const { default: exported } = module;
    const value: unknown = typeof exported === 'function' ? await exported() : exported;
    const wrong = findForeign(value, '');
    return wrong === null ? { value } : { error: wrong };
  } catch (error) {
    // Node has its place, and prints it of an error that nobody catches.
    if (error instanceof SyntaxError) setImmediate(() => raise(error));
    else return { error: describe(error) };
    return new Promise(() => {});
  }
}

function raise(error: Error): never {
  throw error;
}

/** What JSON would leave out or change, by its key. */
function findForeign(value: unknown, key: string): string | null {
  if (value === null || ['string', 'boolean', 'undefined'].includes(typeof value)) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return null;
  const isPlain =
    Array.isArray(value) ||
    (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value)));
  if (!isPlain) {
    const what = typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
    const of = key === '' ? 'what it exports' : `'${key}'`;
    return `${of} must be a value that JSON has. Received ${what === 'number' ? value : `a ${what}`}`;
  }
  for (const [name, part] of Object.entries(value as object)) {
    const wrong = findForeign(part, key === '' ? name : `${key}.${name}`);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** With the place. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `it throws ${String(error)}`;
  const where = /^ +at .*?(file:[^\s)]+)/m.exec(error.stack ?? '')?.[1];
  return `${error.name}: ${error.message}${where === undefined ? '' : ` (${where})`}`;
}

function end(result: ConfigResult): void {
  const bytes = Buffer.from(JSON.stringify(result));
  let done = 0;
  while (done < bytes.length) done += writeSync(RESULT_FD, bytes, done);
  // Whatever the file has left open.
  process.exit();
}

void read(process.argv[2] as string).then(end);
