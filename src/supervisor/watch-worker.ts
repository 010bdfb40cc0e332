/** What node:cluster and a worker's messages tell of it, as so many calls. */

import type { Address, Worker } from 'node:cluster';
import { asSuperviseMessage, isToSupervisor, type ToSupervisor } from './messages.js';
import { warnIfUnread } from './unread-messages.js';

export interface WorkerNews {
  onListening(address: Address): void;
  /** The program has sent `'ready'`. */
  onReadyMessage(): void;
  onMessage(message: ToSupervisor): void;
  /** It disconnected because it wanted to. */
  onDisconnect(): void;
  onExit(code: number | null, signal: NodeJS.Signals | null): void;
  onNotStarted(error: Error): void;
}

export function watchWorker(worker: Worker, news: WorkerNews): void {
  worker.on('listening', (address) => news.onListening(address));
  worker.on('message', (message) => {
    if (message === 'ready') news.onReadyMessage();
    else warnIfUnread(message);
  });
  worker.process.on(
    'internalMessage' as never,
    ((message: unknown) => {
      const known = asSuperviseMessage(message);
      if (known !== null && isToSupervisor(known)) news.onMessage(known);
    }) as never,
  );
  worker.once('disconnect', () => {
    // Of any other Node's child ends at once, if it has not done so already.
    if (worker.exitedAfterDisconnect) news.onDisconnect();
  });
  worker.once('exit', (code, signal) => news.onExit(code, signal as NodeJS.Signals | null));
  worker.on('error', (error) => {
    // A living worker may emit 'error' too, when it could not be sent a message.
    if (worker.process.pid === undefined) news.onNotStarted(error);
  });
}
