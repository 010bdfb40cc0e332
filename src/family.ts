/**
 * What a process that forks through rondo gives its children, so that they find each other: the variables
 * of `rondo/hub` and `rondo/shared`. They stay in a child's environment, for its threads and its own
 * children are of the same family.
 */

import { COLLECT_VARIABLE, collectEnvironment } from './collect/environment.js';
import { HUB_VARIABLE, hubEnvironment } from './hub/environment.js';
import { whenWanted } from './hub/wanted.js';
import { load } from './lazy.js';
import { missingReason, SHARED_VARIABLE, sharedEnvironment } from './shared/environment.js';
import { SHARED_EVENT } from './shared/remote.js';

/** What a forked process is. Its own children are none of these. */
export type FamilyRole = 'worker' | 'agent';

/** Merged last into the environment of a child. `seat`: of a worker, where one is known. */
export function familyEnvironment(role: FamilyRole, seat: number | null): Record<string, string> {
  if (missingReason() !== undefined) {
    // Without shared memory children ask the primary, which may never use rondo/shared itself.
    whenWanted(SHARED_EVENT, () => load('shared/through-primary.js').serveShared());
  }
  const collect = role === 'worker' ? collectEnvironment() : {};
  return { ...hubEnvironment(role, seat), ...sharedEnvironment(), ...collect };
}

/** For a program that is started anew, as by `rondo start`: what has started it may be of another family. */
export function leaveFamily(): void {
  delete process.env[HUB_VARIABLE];
  delete process.env[SHARED_VARIABLE];
  delete process.env[COLLECT_VARIABLE];
}
