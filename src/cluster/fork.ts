/**
 * Node's own `cluster.fork()`, with a channel and the preload for the worker. Both go through the
 * settings, which are the program's: they are as they were when this returns, and before the
 * 'setup' event.
 */

import type { Cluster, Worker } from 'node:cluster';
import { familyEnvironment } from '../family.js';
import { CHANNEL_VARIABLE } from '../protocol/protocol.js';
import { addPreload, requirePreload } from './preload.js';

export type Fork = Cluster['fork'];

/** What a slot has for a process, without the four entries that every worker has. */
export interface Channel {
  stdio: unknown[];
  env: object;
}

export interface WorkerStart {
  channel?: Channel;
  /** Also if neither execArgv nor NODE_OPTIONS names it. */
  isPreloaded?: boolean;
}

function noChannel(): Channel {
  return { stdio: [], env: familyEnvironment('worker', null) };
}

interface Settings {
  stdio?: unknown;
  silent?: boolean;
  execArgv?: string[];
}

export function forkWith(
  cluster: Cluster,
  fork: Fork,
  env: object | undefined,
  { channel = noChannel(), isPreloaded = false }: WorkerStart = {},
): Worker {
  const before = cluster.settings as Settings;
  const own: Settings = { ...before };
  const variables = { ...process.env, ...env } as NodeJS.ProcessEnv;
  const execArgv = own.execArgv ?? process.execArgv;
  const named = requirePreload(execArgv, variables.NODE_OPTIONS);
  const preload = named ?? (isPreloaded ? addPreload(execArgv) : { execArgv, env: {} });
  let channelEnv = channel.env;
  before.execArgv = preload.execArgv;
  if (channel.stdio.length > 0) {
    const stdio = stdioArray(own.stdio, own.silent === true);
    channelEnv = { ...channelEnv, [CHANNEL_VARIABLE]: String(stdio.length) };
    before.stdio = [...stdio, ...channel.stdio];
  }
  try {
    return fork.call(cluster, { ...env, ...preload.env, ...channelEnv });
  } finally {
    restore(before, own);
    // Another object, if this was the first fork, with Node's defaults in it.
    restore(cluster.settings as Settings, { execArgv: process.execArgv, ...own });
  }
}

/** What Node makes of it, so that the channel can stand behind. */
function stdioArray(stdio: unknown, isSilent: boolean): unknown[] {
  // Of fewer than three the rest are pipes.
  if (Array.isArray(stdio)) return [...stdio, ...Array(Math.max(0, 3 - stdio.length))];
  const each = typeof stdio === 'string' ? stdio : isSilent ? 'pipe' : 'inherit';
  return [each, each, each, 'ipc'];
}

function restore(settings: Settings, { stdio, execArgv }: Settings): void {
  if (stdio === undefined) delete settings.stdio;
  else settings.stdio = stdio;
  if (execArgv === undefined) delete settings.execArgv;
  else settings.execArgv = execArgv;
}
