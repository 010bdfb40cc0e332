/**
 * Under systemd: the sockets it hands over (sd_listen_fds(3)) and what it wants to be told
 * (sd_notify(3)). Reads the environment, and removes what is not for the workers.
 */

import { fstatSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { RondoError } from '../errors.js';
import { loadNative } from '../native/index.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { type SendFds, storeSockets, takeStored } from './fd-store.js';
import { passService } from './handover.js';
import { EndOfPrograms, Extension, extendTimeouts } from './timeouts.js';

const FIRST_FD = 3;

/**
 * Of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, if they are meant for this process. Throws
 * `ERR_RONDO_INVALID_OPTION` for an fd that is no listening socket.
 */
export function takeSockets(
  env: NodeJS.ProcessEnv,
  pid = process.pid,
): Array<{ fd: number; name: string }> {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES = '' } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  if (Number(LISTEN_PID) !== pid || !/^\d+$/.test(LISTEN_FDS)) return [];
  const names = LISTEN_FDNAMES.split(':');
  const taken = new Set<string>();
  const fds = Array.from({ length: Number(LISTEN_FDS) }, (_, index) => FIRST_FD + index);
  return fds.flatMap((fd, index) => {
    if (takeStored(fd, names[index] ?? '')) return [];
    checkSocket(fd);
    let name = (names[index] || `fd${fd}`).slice(0, 48);
    // Sockets of one unit have one name by default.
    if (taken.has(name)) name = `${name}:${fd}`;
    taken.add(name);
    return [{ fd, name }];
  });
}

/** Before it is taken over: an fd that was not inherited after all may be one of Node's own. */
function checkSocket(fd: number): void {
  const native = loadNative();
  const name = native instanceof Error ? null : native.socketName(fd);
  const isFit = name === null ? isSocket(fd) : typeof name === 'object' && name.isListening;
  if (!isFit) {
    throw new RondoError('ERR_RONDO_INVALID_OPTION', `The inherited fd ${fd} does not listen`);
  }
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** What the events of a Supervisor do not say. */
export interface ServiceManager {
  /** `start()` has resolved. */
  started(): void;
  /** A reload was asked for, and has not even begun. */
  reloadRefused(): void;
}

/** Tells systemd how the Supervisor does, if it asked for that by NOTIFY_SOCKET. Before its start. */
export function notifySystemd(
  supervisor: Supervisor,
  env: NodeJS.ProcessEnv,
  onError: (error: Error) => void,
  isStoreWanted = false,
): ServiceManager {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, FDSTORE } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'FDSTORE']) {
    delete env[name];
  }
  // systemd before 254 does not say that it has a store.
  const storesSockets = isStoreWanted || Number(FDSTORE) > 0;
  if (NOTIFY_SOCKET === undefined) {
    if (isStoreWanted) onError(new Error('--fd-store: systemd is not there (no NOTIFY_SOCKET)'));
    return { started: () => {}, reloadRefused: () => {} };
  }
  // One that is to replace it is not, until it has everything.
  let isMain = !supervisor.isTakingOver;
  supervisor.once('upgrade:taken', () => {
    isMain = true;
  });
  const send = sender(NOTIFY_SOCKET, onError);
  // systemd hears the main process only, and its journal has a line for each other one.
  const tell: typeof send = (...lines) => {
    if (isMain) send(...lines);
  };
  const passed = {
    NOTIFY_SOCKET,
    ...(WATCHDOG_USEC !== undefined && { WATCHDOG_USEC }),
    ...(FDSTORE !== undefined && { FDSTORE }),
  };
  passService(passed, (pid) => {
    tell(`MAINPID=${pid}`);
    isMain = false;
  });
  let lastStatus = '';
  let isEnding = false;
  const status = (): string => {
    lastStatus = statusOf(supervisor);
    return lastStatus;
  };
  const tellStatus = (): void => {
    if (!isEnding && statusOf(supervisor) !== lastStatus) {
      tell(status());
    }
  };
  for (const event of ['worker:ready', 'worker:draining', 'worker:exited'] as const) {
    supervisor.on(event, tellStatus);
  }
  // After STOPPING=1 there is no way back for systemd, though a reload may go on.
  const begin = (): void => {
    if (!isEnding) tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  };
  // With the old workers it is ready again, too.
  const end = (): void => {
    if (!isEnding) tell('READY=1', status());
  };
  supervisor.on('reload:begin', begin);
  // Of one that succeeds the new process says READY=1.
  supervisor.on('upgrade:begin', begin);
  supervisor.on('upgrade:failed', end);
  supervisor.on('reload:end', end);
  supervisor.on('reload:failed', end);
  // The end begins with the first of them.
  const stopping = (...status: string[]): void => {
    tell(...(isEnding ? [] : ['STOPPING=1']), ...status);
    isEnding = true;
  };
  supervisor.once('leaving', () => stopping('STATUS=leaving'));
  supervisor.once('stopping', () => stopping('STATUS=stopping'));
  const startIsOver = extendTimeouts(supervisor, tell);
  if (storesSockets) storeSockets(supervisor, sendFds(NOTIFY_SOCKET), onError);
  watchdog(WATCHDOG_USEC, WATCHDOG_PID, () => tell('WATCHDOG=1'));
  return {
    started: () => {
      startIsOver();
      tell('READY=1', `MAINPID=${process.pid}`, status());
    },
    // `systemctl reload` waits for both.
    reloadRefused: () => {
      begin();
      end();
    },
  };
}

/** What runs several programs, as far as a service manager is told of it. */
export interface CountedPrograms {
  readonly counts: { ready: number; all: number };
  readonly isStopping: boolean;
}

export interface ProgramsTeller {
  started(): void;
  /** Of a program. */
  changed(): void;
  reloading(): void;
  reloaded(): void;
  stopping(): void;
  /** Of one that stops: how long that takes at most, null while it is not known. */
  endsWithin(program: object, ms: number | null): void;
  /** It has ended, or starts anew. */
  endIsOver(program: object): void;
}

/** The same for several programs, which hear nothing of a service manager themselves. */
export function notifyOfPrograms(
  programs: CountedPrograms,
  env: NodeJS.ProcessEnv,
  onError: (error: Error) => void,
): ProgramsTeller {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  const tell = NOTIFY_SOCKET === undefined ? () => {} : sender(NOTIFY_SOCKET, onError);
  const status = (): string => {
    const { ready, all } = programs.counts;
    return `STATUS=${ready} of ${all} programs ready`;
  };
  if (NOTIFY_SOCKET !== undefined) {
    watchdog(WATCHDOG_USEC, WATCHDOG_PID, () => tell('WATCHDOG=1'));
  }
  const extension = new Extension(tell);
  extension.begin();
  const end = new EndOfPrograms(extension);
  return {
    started: () => {
      extension.end();
      tell('READY=1', `MAINPID=${process.pid}`, status());
    },
    changed: () => {
      if (!programs.isStopping) tell(status());
    },
    // After STOPPING=1 there is no way back.
    reloading: () => {
      if (programs.isStopping) return;
      tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
      extension.begin();
    },
    reloaded: () => {
      if (programs.isStopping) return;
      extension.end();
      tell('READY=1', status());
    },
    stopping: () => {
      tell('STOPPING=1', 'STATUS=stopping');
      end.begin();
    },
    endsWithin: (program, ms) => end.note(program, ms),
    endIsOver: (program) => end.forget(program),
  };
}

/** What sends a datagram of these lines. */
function sender(socket: string, onError: (error: Error) => void): (...lines: string[]) => void {
  const native = loadNative();
  if (native instanceof Error) {
    onError(new Error(`systemd cannot be notified: ${native.message}`));
    return () => {};
  }
  return (...lines) => {
    const result = native.notify(socket, lines.join('\n'));
    if (result < 0) onError(new Error(`systemd cannot be notified: ${getSystemErrorName(result)}`));
  };
}

function sendFds(socket: string): SendFds {
  return (lines, fds) => {
    const native = loadNative();
    if (native instanceof Error) throw native;
    const result = native.notify(socket, lines.join('\n'), fds);
    if (result < 0)
      throw new Error(`systemd cannot be given a socket: ${getSystemErrorName(result)}`);
  };
}

function statusOf(supervisor: Supervisor): string {
  const ready = supervisor
    .stats()
    .seats.filter(({ workers }) => workers.some(({ state }) => state === 'ready')).length;
  return `STATUS=${ready} of ${supervisor.workers} workers ready`;
}

/** Twice in the time that systemd waits. */
function watchdog(usec: string | undefined, pid: string | undefined, ping: () => void): void {
  const ms = Number(usec) / 1_000;
  if (!(ms > 0) || (pid !== undefined && Number(pid) !== process.pid)) return;
  setInterval(ping, ms / 2).unref();
}
