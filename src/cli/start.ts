/**
 * `rondo start`: a primary that runs a server file in several workers, and ends with them.
 *
 *   starting/serving ──SIGTERM, SIGINT──▶ stopping ──again──▶ killed
 *         └──a worker fails before it listens──▶ stopping
 *
 * Nothing is started anew: a worker that ends is reported, and the last one's end is this one's.
 */

import cluster, { type Worker } from 'node:cluster';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { patchCluster, replaceOptions } from '../cluster/patch.js';
import { ArgumentError, type StartArguments } from './arguments.js';
import { placeOf } from './place.js';

const PRELOAD = fileURLToPath(new URL('worker.js', import.meta.url));
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

type StopSignal = (typeof SIGNALS)[number];

export function start({ file, args, workers, dispatcher }: StartArguments): void {
  const exec = resolve(file);
  patchCluster(() => dispatcher);
  // In place of the environment's, if the preload was there before.
  replaceOptions(dispatcher);
  cluster.setupPrimary({ exec, args, execArgv: [...process.execArgv, '--require', PRELOAD] });
  const crew = new Crew();
  for (const signal of SIGNALS) process.on(signal, () => crew.onSignal(signal));
  crew.fork(workers);
}

/** As `node` finds it: the extension may be left out. */
function resolve(file: string): string {
  const require = createRequire(import.meta.url);
  const absolute = path.resolve(file);
  try {
    return require.resolve(absolute);
  } catch {
    throw new ArgumentError(`start: there is no file '${absolute}'`);
  }
}

/** The workers of this process. */
class Crew {
  readonly #alive = new Set<Worker>();
  #stopSignal: StopSignal | null = null;

  fork(count: number): void {
    cluster.on('listening', (worker, address) => {
      process.stdout.write(`${nameOf(worker)} listening on ${placeOf(address)}\n`);
    });
    for (let i = 0; i < count; i++) {
      const worker = cluster.fork();
      let isListening = false;
      this.#alive.add(worker);
      worker.once('listening', () => {
        isListening = true;
      });
      worker.once('exit', (code, signal) => this.#onExit(worker, isListening, code, signal));
      worker.once('error', (error) => {
        // A living one may emit 'error' too, when it could not be sent a message.
        if (worker.process.pid !== undefined) return;
        this.#alive.delete(worker);
        this.#fail(`worker ${worker.id} could not be started: ${error.message}`);
      });
    }
  }

  onSignal(signal: StopSignal): void {
    if (this.#stopSignal === null) {
      this.#stop(signal);
      return;
    }
    for (const worker of this.#alive) worker.process.kill('SIGKILL');
    process.exit(128 + constants.signals[signal]);
  }

  #stop(signal: StopSignal): void {
    if (this.#stopSignal !== null) return;
    this.#stopSignal = signal;
    for (const worker of this.#alive) worker.process.kill(signal);
  }

  #onExit(worker: Worker, wasListening: boolean, code: number | null, signal: string | null): void {
    this.#alive.delete(worker);
    // A worker that the signal met before it could handle it has nothing to finish.
    const isClean = code === 0 || (signal !== null && signal === this.#stopSignal);
    if (isClean) return;
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    if (wasListening) {
      process.stderr.write(`rondo: ${nameOf(worker)} ended ${how}\n`);
      process.exitCode = 1;
    } else {
      this.#fail(`${nameOf(worker)} ended ${how} before it listened`);
    }
  }

  /** The program does not start, so the others are of no use. */
  #fail(message: string): void {
    process.stderr.write(`rondo: ${message}\n`);
    process.exitCode = 1;
    this.#stop('SIGTERM');
  }
}

function nameOf(worker: Worker): string {
  return `worker ${worker.id} (pid ${worker.process.pid})`;
}
