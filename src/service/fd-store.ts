/**
 * systemd's file descriptor store (FileDescriptorStoreMax=, sd_pid_notify_with_fds(3)): it keeps the listening sockets
 * while the service crashes and is started again, so that what waits in their backlogs is not lost. Their names
 * say which ones they are; a worker that listens at the same key or address gets the same socket.
 */

import { pathOfKey } from '../cluster/messages.js';
import type { PassedListener } from '../cluster/taken-listeners.js';
import { loadNative, type SocketName } from '../native/index.js';
import { rondo } from '../supervisor/forking.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { addStored } from '../supervisor/upgrade/stored.js';
import type { Address } from '../types/options.js';
import { passengers } from './handover.js';

/** Throws where it cannot be sent. */
export type SendFds = (lines: string[], fds: number[]) => void;

/** Other services of the same store have other names. */
const PREFIX = 'rondo.';

/** FDNAME_MAX of systemd. */
const LONGEST = 255;

/** The key, the backlog, and of a path's file what identifies it and its mode. */
type Name = [
  key: string,
  backlog: number,
  device?: string,
  inode?: string,
  mode?: number,
  added?: number,
];

/** What systemd has given back to this process. */
const restored: string[] = [];

/** True if it is one of those, which a worker is to get. False for any other name. */
export function takeStored(fd: number, name: string): boolean {
  if (!name.startsWith(PREFIX)) return false;
  const native = loadNative();
  const where = native instanceof Error ? -1 : native.socketName(fd);
  const parts = decode(name);
  if (typeof where === 'number' || parts === null) return false;
  addStored(passedOf(fd, where, parts));
  restored.push(name);
  return true;
}

/** From now on, what is opened is stored, and what is closed while the Supervisor runs is removed. */
export function storeSockets(
  supervisor: Supervisor,
  send: SendFds,
  onError: (error: Error) => void,
): void {
  const taken = passengers.taken('fdstore')?.data;
  const names = new Set<string>([...restored, ...(Array.isArray(taken) ? taken.map(String) : [])]);
  passengers.add('fdstore', { give: () => ({ data: [...names] }) });
  const store = new FdStore(names, send);
  let isWaiting = false;
  const look = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    setImmediate(() => {
      isWaiting = false;
      // A stop leaves them there: a service that is started again wants them.
      if (supervisor.stats().state === 'stopping' || supervisor.isTakingOver) return;
      store.update().catch(onError);
    });
  };
  // Of another process's upgrade systemd hears nothing before that one has left.
  supervisor.on('upgrade:taken', look);
  supervisor.on('address:closed', look);
  // By then there is a dispatcher.
  supervisor.once('worker:starting', () => {
    rondo()?.onSockets(look);
    look();
  });
  supervisor.on('worker:ready', look);
}

class FdStore {
  readonly #names: Set<string>;
  readonly #send: SendFds;

  constructor(names: Set<string>, send: SendFds) {
    this.#names = names;
    this.#send = send;
  }

  async update(): Promise<void> {
    const all = (await rondo()?.lend()) ?? [];
    const present = new Map<string, number>();
    try {
      for (const { passed, lent } of all) {
        const name = encode(passed);
        // Those of a socket unit are systemd's already.
        if (passed.inherited === null && name !== null) present.set(name, lent.fd);
      }
      // Before: a socket that has another name now would be taken for one that is there.
      for (const name of this.#names) {
        if (present.has(name)) continue;
        this.#send(['FDSTOREREMOVE=1', `FDNAME=${name}`], []);
        this.#names.delete(name);
      }
      for (const [name, fd] of present) {
        if (this.#names.has(name)) continue;
        this.#send(['FDSTORE=1', `FDNAME=${name}`], [fd]);
        this.#names.add(name);
      }
    } finally {
      for (const { lent } of all) lent.close();
    }
  }
}

/** Null for what has no key, or one that is too long. */
function encode({ keys, backlog, file }: PassedListener): string | null {
  const [first] = keys;
  if (first === undefined) return null;
  const name: Name = [first.key, backlog];
  if (file !== null) name.push(file.device, file.inode, file.mode, file.addedMode);
  const text = PREFIX + Buffer.from(JSON.stringify(name)).toString('base64url');
  return text.length > LONGEST ? null : text;
}

function decode(text: string): Name | null {
  try {
    const parts: unknown = JSON.parse(
      Buffer.from(text.slice(PREFIX.length), 'base64url').toString(),
    );
    const isName = Array.isArray(parts) && typeof parts[0] === 'string' && Number(parts[1]) > 0;
    return isName ? (parts as Name) : null;
  } catch {
    return null;
  }
}

function passedOf(fd: number, { family, host, port }: SocketName, parts: Name): PassedListener {
  const [key, backlog, device, inode, mode = -1, addedMode = 0] = parts;
  const address: Address = family === 1 ? host : { address: host, family: `IPv${family}`, port };
  const path = pathOfKey(key);
  const isFile = path !== '' && device !== undefined && inode !== undefined;
  const file = isFile ? { file: path, device, inode, mode, addedMode, backlog } : null;
  return {
    fd,
    address,
    backlog,
    file,
    keys: [{ key, data: null }],
    inherited: null,
    settings: null,
  };
}
