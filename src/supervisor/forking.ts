/** Forks supervised workers through node:cluster, on rondo where the addon is. */

import cluster, { type Worker } from 'node:cluster';
import {
  openPatchedPrimary,
  patchCluster,
  patchedPrimary,
  replaceOptions,
} from '../cluster/patch.js';
import type { ClusterPrimary } from '../cluster/primary.js';
import type { Slot } from '../dispatcher/slot.js';
import { RondoError } from '../errors.js';
import { ownFile } from '../own-files.js';
import type { SlotOptions } from '../types/options.js';
import { withheldFrom } from './env-files.js';
import { SUPERVISED_VARIABLE, type WorkerSettings } from './messages.js';
import { namesModules } from './node-args.js';
import type { ValidSupervisorOptions } from './options.js';
import { takeStoredSockets } from './upgrade/stored.js';
import { variablesFor } from './variables.js';

/** The seat that a worker is for. */
export interface ForkedFor {
  id: number;
  /** Of the worker's slot. */
  dealing: Required<SlotOptions>;
}

/** What workers are started with. Throws `ERR_RONDO_BUNDLED`. */
const preload = () => ownFile('supervisor/worker/index.cjs', 'A Supervisor');

/** SD_LISTEN_FDS_START. */
const FIRST_INHERITED_FD = 3;

/** Tell a worker which seat it has; the second by its former name. */
const SEAT_VARIABLES = ['RONDO_SEAT', 'RONDO_SLOT'];

let isSpokenTo = true;

/** No message will be sent to workers' programs. */
export function speakToNobody(): void {
  isSpokenTo = false;
}

/** Null before the first fork, and with Node's own scheduling. */
export function rondo(): ClusterPrimary | null {
  return patchedPrimary();
}

/**
 * Puts node:cluster's scheduling on rondo with these options, from now on.
 * Throws `ERR_RONDO_ALREADY_FORKED` if it has begun with another transport, and `ERR_RONDO_BUNDLED`.
 */
export function configureDispatcher(options: ValidSupervisorOptions): void {
  const { dispatcher, execArgv, env, fileEnv } = options;
  preload();
  patchCluster(() => dispatcher, true);
  const nodeOptions = env.NODE_OPTIONS ?? fileEnv.NODE_OPTIONS ?? process.env.NODE_OPTIONS;
  if (replaceOptions(dispatcher, { execArgv, nodeOptions })) return;
  const { transport, ...changeable } = dispatcher;
  const existing = patchedPrimary()?.dispatcher;
  if (transport !== 'auto' && transport !== existing?.transport) {
    throw new RondoError(
      'ERR_RONDO_ALREADY_FORKED',
      `The transport '${transport}' comes after the first fork()`,
    );
  }
  existing?.configure(changeable);
}

/**
 * Whether listeners stay open while they have no worker, for the next one. Without, those that have none
 * are closed.
 */
export function keepListeners(isKept: boolean): void {
  openPatchedPrimary()?.keepListeners(isKept);
}

/**
 * Calls back when a worker has attached a server, in place of listening. Returns what ends that. After
 * `configureDispatcher()`.
 */
export function watchAttached(then: (worker: Worker) => void): () => void {
  return openPatchedPrimary()?.onAttached(then) ?? (() => {});
}

/** Calls back when a worker listens at an address that workers share. Returns what ends that. After `configureDispatcher()`. */
export function watchServing(then: (worker: Worker) => void): () => void {
  return openPatchedPrimary()?.onServing(then) ?? (() => {});
}

/** Calls back when a worker was told that it cannot listen. Returns what ends that. */
export function watchListenErrors(
  then: (worker: Worker, error: NodeJS.ErrnoException) => void,
): () => void {
  return openPatchedPrimary()?.onListenError(then) ?? (() => {});
}

/** Listening sockets that this process was started with. Rejects if one is unusable. */
export async function inheritSockets({ sockets }: ValidSupervisorOptions): Promise<void> {
  if (sockets.length === 0) return;
  const primary = openPatchedPrimary();
  if (primary === null) {
    throw new RondoError(
      'ERR_RONDO_NATIVE_MISSING',
      "Inherited sockets cannot be used with node:cluster's own scheduling",
    );
  }
  await primary.inherit(sockets);
}

/** The slot of a worker that gets connections; undefined if it does not, or with Node's own scheduling. */
export function slotOf(worker: Worker): Slot | undefined {
  return rondo()?.slotOf(worker);
}

/** Of a former process of this service, which its service manager has kept. */
export async function takeStoredListeners(): Promise<void> {
  const stored = takeStoredSockets();
  const primary = stored.length === 0 ? null : openPatchedPrimary();
  if (primary === null) return;
  await primary.takeOver(stored);
  primary.takeFiles();
}

/** For programs that look for it and then listen at `{ fd: 3 }`; null where the numbers are not those that it implies. */
function activation(): WorkerSettings['activation'] {
  const sockets = rondo()?.inheritedSockets ?? [];
  const areInOrder = sockets.every(({ fd }, index) => fd === FIRST_INHERITED_FD + index);
  if (sockets.length === 0 || !areInOrder) return null;
  const names = sockets.map(({ name }) => name.split(':', 1)[0]);
  return { LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: names.join(':') };
}

/** Throws a system error where there are not enough file descriptors. */
export function forkWorker(seat: ForkedFor, options: ValidSupervisorOptions): Worker {
  const { exec, cwd, args, execArgv, env, envFile, fileEnv, guard, readyWhen, hangTimeoutMs } =
    options;
  const { idleGraceMs, drainTimeoutMs, handlerTimeoutMs } = options;
  cluster.setupPrimary({ exec, cwd, args, execArgv: [...execArgv, '--require', preload()] });
  const settings: WorkerSettings = {
    guard,
    heartbeatMs: Math.floor(hangTimeoutMs / 4),
    isStartAsked: readyWhen === 'started',
    drain: { idleGraceMs, drainTimeoutMs, handlerTimeoutMs },
    activation: activation(),
    isDrainLoaded: namesModules([...execArgv, process.env.NODE_OPTIONS ?? '']),
    isSpokenTo,
  };
  const withheld = withheldFrom(execArgv, envFile);
  const worker = cluster.fork({
    ...withheld,
    ...variablesFor(fileEnv, withheld),
    ...env,
    ...Object.fromEntries(SEAT_VARIABLES.map((name) => [name, String(seat.id)])),
    [SUPERVISED_VARIABLE]: JSON.stringify(settings),
  });
  // A slot is another seat's after a while, and keeps what it was told.
  slotOf(worker)?.configure(seat.dealing);
  return worker;
}
