/** An upgrade of `rondo start`: another process of the same command takes the place of this one. */

import type { RondoError } from '../errors.js';
import type { UpgradeResult } from '../supervisor/types.js';
import type { Run } from './run.js';

/** Resolves when the new process has everything, and this one drains. Rejects as `supervisor.upgrade()`. */
export function upgrade({ supervisor }: Run): Promise<UpgradeResult> {
  return supervisor.upgrade();
}

/** Whether it has not begun, so that no event tells of it. */
export function isUpgradeRefused(error: Error): boolean {
  return (error as RondoError).code !== 'ERR_RONDO_UPGRADE_FAILED';
}
