/**
 * How a process finds its hub: `RONDO_HUB`, which names the directory of the primary and has the token that every
 * connection sends first. Small, because each process that forks loads it; the directory itself
 * begins to listen with the first fork, or when the primary uses the hub, and is loaded when a member comes.
 *
 *   RONDO_HUB=<version>.<role>.<seat>.<pid>.<token>.<address>     the pid is the primary's
 */

import { isMainThread } from 'node:worker_threads';
import { RondoError } from '../errors.js';
import { load } from '../lazy.js';
import type { Door } from './door.js';
import type { Role } from './types.js';

export const HUB_VARIABLE = 'RONDO_HUB';

/** The variable of a child whose primary could not listen, so that it says so, and is no primary itself. */
const UNREACHABLE = 'unreachable';

/** Of the variable, and of what is said on the connections. */
export const HUB_VERSION = 1;

export interface Rendezvous {
  readonly token: Buffer;
  /** As `net.connect({ path })` takes it. */
  readonly address: string;
  readonly role: Role;
  readonly seat: number | null;
}

/** Where every copy of rondo in the primary finds the directory that another one has opened. */
const REGISTRY = Symbol.for('rondo.hub.directory');
type Registry = { [REGISTRY]?: string };

const PATTERN = /^(\d+)\.(worker|agent|other)\.(\d*)\.(\d+)\.([0-9a-f]{64})\.(.+)$/s;

/**
 * The variable for a child that is forked as this. Opens the directory in a process that has none above it. Never throws: a
 * child may need no hub. If the directory cannot listen there is a warning, and the next fork tries again.
 */
export function hubEnvironment(role: Role, seat: number | null): Record<string, string> {
  const inherited = process.env[HUB_VARIABLE];
  // Only the primary's own children have seats in the family.
  if (inherited !== undefined && !isOwnDirectory(inherited)) {
    return { [HUB_VARIABLE]: inherited };
  }
  try {
    return { [HUB_VARIABLE]: variable(role, seat, place()) };
  } catch (error) {
    process.emitWarning(`A child cannot use rondo/hub: ${(error as Error).message}`, {
      code: 'RONDO_HUB_UNREACHABLE',
    });
    return { [HUB_VARIABLE]: UNREACHABLE };
  }
}

/**
 * Who this process is, and where the directory is. In a primary the variable is set, so that threads and children
 * that are not forked through rondo find it, too. Throws `ERR_RONDO_PROTOCOL_VERSION`, and `ERR_RONDO_HUB_GONE` in a child
 * whose primary could not listen.
 */
export function rendezvous(): Rendezvous {
  process.env[HUB_VARIABLE] ??= variable('other', null, place());
  const value = process.env[HUB_VARIABLE];
  if (value === UNREACHABLE) {
    throw new RondoError(
      'ERR_RONDO_HUB_GONE',
      'The primary could not listen for members of the hub when it started this process',
    );
  }
  const [, version, role, seat, pid, token, address] = PATTERN.exec(value) ?? [];
  if (Number(version) !== HUB_VERSION || token === undefined || address === undefined) {
    throw new RondoError(
      'ERR_RONDO_PROTOCOL_VERSION',
      `The variable ${HUB_VARIABLE} is of another version of rondo than the one that this process uses: ` +
        `expected version ${HUB_VERSION}, received '${version ?? value.slice(0, 20)}'`,
    );
  }
  const own = ownRole(role as Role, Number(pid));
  return {
    token: Buffer.from(token, 'hex'),
    address: address.startsWith('@') ? `\0${address.slice(1)}` : address,
    role: own,
    seat: own === 'worker' ? seatOf(seat) : null,
  };
}

/** What `place()` has in a process that has opened the directory. */
function place(): string {
  const registry = process as Registry;
  const found = registry[REGISTRY];
  if (found !== undefined) return found;
  const { listenAt, newAddress, newToken } = load('hub/address.js');
  const [address, token] = [newAddress(), newToken()];
  let door: Door | null = null;
  listenAt(address, (socket) => {
    door ??= load('hub/directory.js').openDirectory(token);
    door.accept(socket);
  });
  const shown = address.startsWith('\0') ? `@${address.slice(1)}` : address;
  const value = `${process.pid}.${token.toString('hex')}.${shown}`;
  Object.defineProperty(registry, REGISTRY, { value });
  return value;
}

function variable(role: Role, seat: number | null, where: string): string {
  return `${HUB_VERSION}.${role}.${seat ?? ''}.${where}`;
}

function isOwnDirectory(value: string): boolean {
  const where = (process as Registry)[REGISTRY];
  return where !== undefined && value.endsWith(`.${where}`);
}

/** A role is that of the process it was given to, not of the children that inherit the variable. */
function ownRole(role: Role, primaryPid: number): Role {
  if (!isMainThread) return 'thread';
  if (process.pid === primaryPid) return 'primary';
  return process.ppid === primaryPid ? role : 'other';
}

/** A Supervisor's seat is stable over reloads; a slot is what there is without. */
function seatOf(slot: string | undefined): number | null {
  const seat = process.env.RONDO_SEAT ?? slot ?? '';
  return /^\d+$/.test(seat) ? Number(seat) : null;
}
