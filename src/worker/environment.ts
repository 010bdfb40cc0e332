/**
 * How this process was started. Read at once, and removed from `process.env`: a child of this process must
 * not take itself for the worker. Kept where every copy of rondo in the process finds it, because the one that
 * started the program and the one that the program imports need not be the same.
 */

import { AsyncResource } from 'node:async_hooks';
import { RondoError } from '../errors.js';
import { CHANNEL_VARIABLE, PROTOCOL_VERSION } from '../protocol/protocol.js';
import { VERSION } from '../version.js';
import type { GivesBack } from './channel.js';

/** Every version of rondo has the first two; the others are those of that protocol. */
interface WorkerProcess {
  readonly version: string;
  readonly protocol: number;
  /** The fd of the channel, or `ipc`. */
  readonly channel: string;
  /** One copy has it. */
  isOpen: boolean;
  /** What the one that has it gives connections back with. */
  givesBack: GivesBack | null;
  /** How often this process shows that its loop turns; 0: never. */
  heartbeatMs: number;
  /** Of the copy that has opened the channel, if the transport has sessions. */
  claim?: (kind: number, key: Uint8Array, isOver: boolean) => void;
}

const REGISTRY = Symbol.for('rondo.worker');

/**
 * What this process has before any of the program's async contexts. A connection's handle is made in it, as libuv makes those
 * that a server accepts in none. Made here, for the rest of the worker's side may be loaded by a listen() within one.
 */
export const outside = new AsyncResource('rondo');

export const workerProcess = find();

/** The fd of the channel, `ipc`, or undefined in a process that is no worker. */
export const channelName = workerProcess?.channel;

function find(): WorkerProcess | undefined {
  const registry = process as { [REGISTRY]?: WorkerProcess };
  const channel = process.env[CHANNEL_VARIABLE];
  delete process.env[CHANNEL_VARIABLE];
  if (channel !== undefined && registry[REGISTRY] === undefined) {
    const value: WorkerProcess = {
      version: VERSION,
      protocol: PROTOCOL_VERSION,
      channel,
      isOpen: false,
      givesBack: null,
      heartbeatMs: 0,
    };
    Object.defineProperty(registry, REGISTRY, { value });
  }
  return registry[REGISTRY];
}

/** Throws `ERR_RONDO_PROTOCOL_VERSION` if this copy cannot use what another one has found. */
export function checkCopy({ version, protocol }: WorkerProcess): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new RondoError(
    'ERR_RONDO_PROTOCOL_VERSION',
    `This process was started by rondo ${version}, which speaks version ${protocol} of its protocol, and ` +
      `its program uses rondo ${VERSION}, which speaks version ${PROTOCOL_VERSION}: they need the ` +
      'same version of rondo',
  );
}
