/**
 * The process that started this one: a shell, or a Node program that has an IPC channel to it, as
 * `child_process.fork()` and pm2 have. What travels on that channel is for the program, which is in the workers.
 */

import cluster, { type Worker } from 'node:cluster';
import { speakToNobody } from '../supervisor/forking.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/** How often it is looked whether it is still there. */
const WATCH_MS = 500;

/** Says once that it has ended, such as the shell of a process manager that then starts another rondo. */
export function watchParent(note: (text: string) => void): void {
  const { ppid, pid } = process;
  const timer = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(timer);
    note(
      `the process that started this one, ${ppid}, has ended; it goes on: 'kill ${pid}' stops it`,
    );
  }, WATCH_MS);
  timer.unref();
}

/**
 * Passes messages on in both ways, while there is a channel. Returns what tells the parent that all workers are
 * ready. What it sends before that may reach only some of them.
 */
export function connectParent(supervisor: Supervisor, note: (text: string) => void): () => void {
  if (process.send === undefined) {
    speakToNobody();
    return () => {};
  }
  process.on('message', (message, handle) => {
    close(handle);
    // As pm2 says it with --shutdown-with-message.
    if (message === 'shutdown') supervisor.stop().catch((error: Error) => note(error.message));
    else for (const worker of Object.values(cluster.workers ?? {})) send(worker, message);
  });
  cluster.on('message', (_worker, message, handle) => {
    close(handle);
    // Of all workers it is told once.
    if (message !== 'ready') tell(message);
  });
  process.once('disconnect', () => note('the parent process has disconnected; it goes on'));
  return () => tell('ready');
}

function tell(message: unknown): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function send(worker: Worker | undefined, message: unknown): void {
  if (worker?.isConnected()) worker.send(message as object, () => {});
}

/** A socket or server is for one process, and nothing says for which. */
function close(handle: unknown): void {
  const { destroy, close } = (handle ?? {}) as { destroy?(): void; close?(): void };
  if (destroy !== undefined) destroy.call(handle);
  else close?.call(handle);
}
