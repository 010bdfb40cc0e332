/** Sockets of a process of this service that has ended, which a service manager has kept. */

import type { PassedListener } from '../../cluster/taken-listeners.js';

const stored: PassedListener[] = [];

/** For the Supervisor that is started next. Its fd is rondo's from here on. */
export function addStored(passed: PassedListener): void {
  stored.push(passed);
}

/** Once. */
export function takeStoredSockets(): PassedListener[] {
  return stored.splice(0);
}
