/**
 * Puts node:cluster's scheduling on rondo, in this process. Small, for it is in every process that
 * is started with the preload: the rest is loaded at the first fork, or the first listen of a worker.
 */

import cluster from 'node:cluster';
import { syncBuiltinESMExports } from 'node:module';
import { load } from '../lazy.js';
import type { DispatcherOptions } from '../types/options.js';
import type { WorkerArgs } from './addons.js';
import type { ClusterChild, ClusterChildInternals } from './child.js';
import type { Fork } from './fork.js';
import type { ClusterPrimary } from './primary.js';

/** On the cluster object, so that two copies of rondo do not patch it twice. */
const PATCHED = Symbol.for('rondo.cluster');

interface Patch {
  options: () => DispatcherOptions;
  /** What workers are started with, where somebody else than the program says so. */
  workerArgs: WorkerArgs | null;
  /** This process was started with the preload, so its workers are. */
  isPreloaded: boolean;
  primary: ClusterPrimary | null;
  /** Is told of it before the first fork. */
  onPrimary: (primary: ClusterPrimary) => void;
  /** The primary's part, made when it is needed first; null if that is left to Node. */
  open(env?: object | null): ClusterPrimary | null;
}

type PatchedCluster = typeof cluster & { [PATCHED]?: Patch };

/**
 * Idempotent. `options` is asked once, at the first fork. By the preload, workers get it too;
 * otherwise their program does the same as the primary's.
 */
export function patchCluster(options: () => DispatcherOptions, isPreloaded = false): void {
  const patched = cluster as PatchedCluster;
  if (patched[PATCHED] !== undefined) {
    patched[PATCHED].isPreloaded ||= isPreloaded;
    return;
  }
  const patch: Patch = {
    options,
    workerArgs: null,
    isPreloaded,
    primary: null,
    onPrimary: () => {},
    open: () => null,
  };
  Object.defineProperty(patched, PATCHED, { value: patch });
  if (cluster.isPrimary) patchPrimary(patch);
  else patchWorker();
  // For `import { fork } from 'node:cluster'`.
  syncBuiltinESMExports();
}

/** The primary's part, once it has forked. */
export function patchedPrimary(): ClusterPrimary | null {
  return (cluster as PatchedCluster)[PATCHED]?.primary ?? null;
}

/** The same, made now; null if node:cluster's own scheduling is used. */
export function openPatchedPrimary(): ClusterPrimary | null {
  return (cluster as PatchedCluster)[PATCHED]?.open() ?? null;
}

/** Calls back before the first fork, in a primary that has not forked. */
export function whenPrimaryOpens(then: (primary: ClusterPrimary) => void): void {
  const patch = (cluster as PatchedCluster)[PATCHED];
  if (cluster.isPrimary && patch !== undefined) patch.onPrimary = then;
}

/** Takes the place of the options that would be asked for. False: it is too late. */
export function replaceOptions(
  options: DispatcherOptions,
  workerArgs: WorkerArgs | null = null,
): boolean {
  const patch = (cluster as PatchedCluster)[PATCHED];
  if (patch === undefined || patch.primary !== null) return false;
  patch.options = () => options;
  patch.workerArgs = workerArgs;
  return true;
}

function patchPrimary(patch: Patch): void {
  const fork = cluster.fork;
  let isOff = false;
  patch.open = (env) => {
    // What is decided stays, as in Node.
    if (isOff || patch.primary !== null) return patch.primary;
    // SCHED_NONE is Node's own, as is everything if the addon is missing.
    if (cluster.schedulingPolicy === cluster.SCHED_RR) {
      patch.primary = openPrimary(patch.options(), patch.workerArgs ?? programsArgs(env), fork);
    }
    isOff = patch.primary === null;
    if (patch.primary !== null) patch.onPrimary(patch.primary);
    return patch.primary;
  };
  cluster.fork = function forkOnRondo(env?: object) {
    const primary = patch.open(env);
    if (primary !== null) return primary.fork(env, patch.isPreloaded);
    return load('cluster/fork.js').forkWith(cluster, fork, env);
  };
  nameAs(fork, cluster.fork);
}

function programsArgs(env: object | null = null): WorkerArgs {
  const { execArgv = process.execArgv } = cluster.settings;
  const { NODE_OPTIONS: nodeOptions } = { ...process.env, ...env };
  return { execArgv, nodeOptions };
}

/** Null, with a warning, if rondo cannot do it. */
function openPrimary(
  options: DispatcherOptions,
  workerArgs: WorkerArgs,
  fork: Fork,
): ClusterPrimary | null {
  const primary = load('cluster/primary.js');
  const reason = primary.whyUnavailable(options, workerArgs);
  if (reason === null) return new primary.ClusterPrimary(cluster, fork, options);
  process.emitWarning(`node:cluster's own scheduling is used: ${reason}`, {
    type: 'RondoWarning',
    code: 'RONDO_CLUSTER_FALLBACK',
  });
  return null;
}

/** Those of Node's, for they may be looked at. */
function nameAs(nodes: object, own: object): void {
  const { name } = nodes as { name: string };
  Object.defineProperty(own, 'name', { value: name, configurable: true });
}

function patchWorker(): void {
  const { channelName } = load('worker/environment.js');
  load('cluster/preload.js').restorePreload();
  if (channelName !== undefined) patchChild();
  // Set by collect/environment.ts, which is loaded only then.
  if (process.env.RONDO_COLLECT === undefined) return;
  load('collect/worker.js').startTelling();
}

function patchChild(): void {
  const internals = cluster as unknown as ClusterChildInternals;
  const nodes = internals._getServer;
  let child: ClusterChild | null = null;
  internals._getServer = function getServerOnRondo(server, query, then) {
    if (child === null) {
      internals._getServer = nodes;
      const { ClusterChild } = load('cluster/child.js');
      child = new ClusterChild(cluster);
      internals._getServer = getServerOnRondo;
    }
    child.getServer(server, query, then);
  };
  nameAs(nodes, internals._getServer);
}
