/** What is done to the worker of one seat, and what is said when it fails. */

import { invalidOption, RondoError } from '../errors.js';
import { checkKeys } from '../options.js';
import type { Seat } from './seat.js';
import type { DrainSeatOptions } from './types.js';
import { WorkerFailure } from './worker-failure.js';

const DRAIN_KEYS: Record<keyof DrainSeatOptions, true> = { force: true };

/** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
export function validateDrainSeat(options: DrainSeatOptions): Required<DrainSeatOptions> {
  checkKeys('options', options, DRAIN_KEYS);
  const { force = false } = options;
  if (typeof force !== 'boolean') throw invalidOption('force', 'a boolean', force);
  return { force };
}

/** Rejects with `ERR_RONDO_RESTART_FAILED`. */
export async function restartSeat(seat: Seat): Promise<void> {
  try {
    await seat.replace('restart');
  } catch (error) {
    const { message } = error as Error;
    const { lastOutput = '' } = error instanceof WorkerFailure ? error : {};
    const details = { seat: seat.id, lastOutput, cause: error };
    throw new RondoError('ERR_RONDO_RESTART_FAILED', message, details);
  }
}
