/** `rondo bench`: the benchmark of the package, with the arguments as they are. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ArgumentError } from './arguments.js';

/** By the first argument; without one of these, a run. */
const PROGRAMS = {
  run: 'run.mjs',
  compare: 'compare.mjs',
  report: 'report/main.mjs',
  serve: 'serve.mjs',
};

/** Throws {@link ArgumentError} if the package has no benchmark. */
export function bench(args: string[]): void {
  const [first = '', ...rest] = args;
  const isNamed = Object.hasOwn(PROGRAMS, first);
  const name = PROGRAMS[isNamed ? (first as keyof typeof PROGRAMS) : 'run'];
  const program = fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));
  if (!existsSync(program)) throw new ArgumentError(`bench: there is no ${program}`);
  const child = spawn(process.execPath, [program, ...(isNamed ? rest : args)], {
    stdio: 'inherit',
  });
  // A terminal sends SIGINT to both; the benchmark cleans up and ends, and then this.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
  });
}
