/**
 * `rondo/compat/egg-messenger`: the messenger of egg-cluster over `rondo/hub`, for a Supervisor's workers (apps), its agent and the
 * primary (master). The process that has forked it (parent) imports `rondo/compat/egg-messenger/parent`. See docs/compat.md for what is different.
 *
 * @module rondo/compat/egg-messenger
 */

import { RondoError } from '../../errors.js';
import type { Supervisor } from '../../supervisor/supervisor.js';
import { Life, type ManageOptions } from './life.js';
import { Messenger } from './messenger.js';

export type { ManageOptions } from './life.js';
export type { Message, Party } from './messages.js';
export type { Messenger } from './messenger.js';
export type { Sending } from './sending.js';

/** Of this process, which is the primary if none above it is. */
export const messenger: Messenger = new Messenger();

export default messenger;

/**
 * In the primary, before `supervisor.start()`: the messages `egg-ready`, `egg-pids`, `agent-start`, `app-worker-died` and
 * `agent-worker-died` are sent as egg-cluster sends them, and `messenger` emits `app-start`, `app-exit`, `agent-start`, `agent-exit` and `egg-ready`.
 *
 * Throws `ERR_RONDO_SUPERVISOR_STATE` if it has been started or this is not the primary, `ERR_RONDO_UNKNOWN_OPTION`.
 */
export function manage(supervisor: Supervisor, options: ManageOptions = {}): void {
  if (messenger.party !== 'master' || supervisor.stats().state !== 'new') {
    throw new RondoError(
      'ERR_RONDO_SUPERVISOR_STATE',
      'manage() is for the primary, before the supervisor is started',
    );
  }
  new Life(messenger, supervisor, options);
}
