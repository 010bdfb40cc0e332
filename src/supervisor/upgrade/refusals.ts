/** Where a process cannot be replaced by another one, and what to do there in place of an upgrade. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { RondoError } from '../../errors.js';

/** Options of Node with which the program is no file. */
const NO_FILE = ['-e', '--eval', '-p', '--print', '-pe', '-i', '--interactive', '-c', '--check'];

/** They end, or start another rondo, when the one that they have started ends. */
const WAITING = new Map<string, string>([
  ...['npm', 'npx', 'yarn', 'pnpm', 'corepack', 'bunx'].map((name) => [name, 'ends'] as const),
  ...['tini', 'dumb-init', 'docker-init', 'catatonit', 'podman-init'].map(
    (name) => [name, 'ends'] as const,
  ),
  ...['timeout', 'concurrently', 'foreman', 'honcho'].map((name) => [name, 'ends'] as const),
  ...['nodemon', 'supervisord', 'runsv', 's6-supervise', 'supervise', 'forever', 'circusd'].map(
    (name) => [name, 'starts another rondo'] as const,
  ),
]);

const SHELLS = new Set(['sh', 'dash', 'bash', 'ash', 'zsh', 'busybox']);

/** So far up it is looked, through shells. */
const MOST_PARENTS = 8;

/** Throws `ERR_RONDO_UPGRADE_REFUSED`. */
export function checkReplaceable(): void {
  const why = whyNot();
  if (why !== null) throw new RondoError('ERR_RONDO_UPGRADE_REFUSED', `No upgrade: ${why}`);
}

let reason: string | null = null;

/** For whoever knows why this process cannot be replaced, and what to do in place of that. */
export function refuseUpgrades(why: string): void {
  reason = why;
}

function whyNot(): string | null {
  if (reason !== null) return reason;
  if (process.platform === 'win32') {
    return 'Windows cannot pass listening sockets on; start the new version in its place';
  }
  if (!isMainThread) return 'this is a thread of worker_threads, which cannot be started anew';
  if (process.pid === 1) {
    return (
      'this is PID 1, and its end is that of the container. Start a container of the new image; a reload ' +
      '(SIGHUP) takes a new program over'
    );
  }
  if (process.send !== undefined) {
    return (
      'a process that started this one has an IPC channel to it, such as pm2, and would start another when ' +
      'this one ends. Let it restart this process'
    );
  }
  return whyNotAgain() ?? whyNotService() ?? whyNotParent(process.ppid, MOST_PARENTS);
}

function whyNotAgain(): string | null {
  const [, file] = process.argv;
  const isFile = file !== undefined && file !== '-' && file !== process.execPath;
  if (isFile && !process.execArgv.some((word) => NO_FILE.includes(word))) return null;
  return 'this program is no file that can be run again: it was given by -e, by stdin or in a REPL';
}

/** Where systemd has started it, and knows no other main process than the first. */
function whyNotService(): string | null {
  const { SYSTEMD_EXEC_PID } = process.env;
  if (Number(SYSTEMD_EXEC_PID) !== process.pid || isNotified) return null;
  return (
    "this is a systemd service that is not told of its new main process, and would be taken for ended. Use 'Type=notify' " +
    "in the unit, and rondo's addon"
  );
}

let isNotified = false;

/** systemd is told which process is the main one. */
export function allowService(): void {
  isNotified = true;
}

function whyNotParent(pid: number, left: number): string | null {
  if (left === 0) return null;
  const parent = processOf(pid);
  if (parent === null) return null;
  const name = parent.names.find((one) => WAITING.has(one));
  if (name !== undefined) {
    return (
      `${name} (pid ${pid}) has started this process, and ${WAITING.get(name)} when it ends. Start rondo itself: ` +
      'by its own path, from a service manager'
    );
  }
  if (!parent.names.some((one) => SHELLS.has(one))) return null;
  return whyNotParent(parent.ppid, left - 1);
}

/** By what it is called, and by the file that Node runs in it. Null where it cannot be seen. */
function processOf(pid: number): { names: string[]; ppid: number } | null {
  if (pid <= 0 || !existsSync('/proc/self/stat')) return null;
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    // npm calls itself "npm start", as one word.
    const [first = '', second = ''] = words;
    const names = [first.split(' ')[0] as string, second].map((word) =>
      path
        .basename(word)
        .replace(/^-/, '')
        .replace(/(?:-cli)?\.[cm]?js$/, ''),
    );
    return { names, ppid };
  } catch {
    return null;
  }
}
