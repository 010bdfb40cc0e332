/**
 * How a worker ends. The program's own handlers of the signal are called when the requests in flight
 * are answered, and from then on signals are the program's: it may remove its handler and raise
 * the signal again. Without handlers it disconnects from the primary when nothing is open, as
 * a worker that ends because it is asked to.
 */

import cluster from 'node:cluster';
import type { Server } from 'node:net';
import { around } from '../../hidden-listeners.js';
import { channelName } from '../../worker/environment.js';
import { exitFailed, exitIfHeld, isExitHeld } from './exit.js';
import { deliver, type EndSignal, programHandles, releaseSignals } from './signals.js';

/**
 * How long node:cluster may wait for servers to close when nothing of theirs is open in this process. They also
 * wait for each socket that is with a child process.
 */
const SERVERS_CLOSE_MS = 500;

/** How long a program's handler may take for what nothing keeps the process running for. */
const HANDLER_MS = 2_000;

let isHandedOver = false;

/** Whether the end is the program's own business by now. */
export function hasHandedOver(): boolean {
  return isHandedOver;
}

/**
 * No connection comes to them any more, so they keep no process running. Some handlers, such as that of OpenTelemetry's
 * `register`, send what there is to send and leave the end to whoever sent the signal.
 */
function letServersGo(servers: ReadonlySet<Server>): void {
  setTimeout(() => {
    for (const server of servers) server.unref();
  }, HANDLER_MS).unref();
}

/** The requests in flight are answered, or have had their time. */
export function handOver(signal: EndSignal): void {
  if (isHandedOver || isExitHeld() || !programHandles(signal)) return;
  isHandedOver = true;
  releaseSignals();
  // The handlers may let the process run out of work, as it would without a primary.
  process.channel?.unref();
  deliver(signal);
}

/**
 * Nothing is open any more. `signal`: null if it is an error that ends the program. `raised` is a signal that
 * the program has raised itself. `servers` are those that listen.
 */
export function endProcess(
  signal: EndSignal | null,
  raised: NodeJS.Signals | null,
  servers: ReadonlySet<Server>,
): void {
  if (exitIfHeld()) return;
  if (signal === null) {
    // With Node's own scheduling something may be handed to it yet, which goes elsewhere when it disconnects.
    if (channelName !== undefined || isHandedOver || !process.connected) exitFailed();
  } else if (isHandedOver) {
    return letServersGo(servers);
  }
  if (raised !== null) {
    releaseSignals();
    process.kill(process.pid, raised);
    return;
  }
  if (signal !== null) {
    handOver(signal);
    if (isHandedOver) return letServersGo(servers);
  }
  if (!process.connected) process.exit();
  // After the program's listeners.
  around(process, 'disconnect', (_args, next) => {
    next();
    if (signal === null) exitFailed();
    process.exit();
  });
  setTimeout(() => process.disconnect?.(), SERVERS_CLOSE_MS).unref();
  try {
    cluster.worker?.disconnect();
  } catch {
    // Node 20 and 22 fail to close an HTTP server one of whose sockets is with a child process.
  }
}
