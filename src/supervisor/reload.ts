/**
 * A new worker in each seat, one after another. What goes wrong in one seat ends it, and the seats that
 * have new workers already get back what they had.
 */

import { RondoError } from '../errors.js';
import type { ValidSupervisorOptions } from './options.js';
import type { Seat } from './seat.js';
import { WorkerFailure } from './worker-failure.js';

/**
 * So many seats at a time as the options say. Resolves when every seat has a worker with the new options
 * that is well, and the old ones have begun to drain.
 *
 * Rejects with `ERR_RONDO_RELOAD_FAILED` if a new worker is not, when no seat is changed any more. `check`
 * throws when the supervisor stops meanwhile.
 */
export async function replaceAll(
  seats: readonly Seat[],
  options: ValidSupervisorOptions,
  check: () => void,
): Promise<void> {
  const before = new Map(seats.map((seat) => [seat, seat.options]));
  const drained = seats.filter(({ state }) => state === 'drained');
  const replaced: Seat[] = [];
  for (const batch of batchesOf(seats, options.parallel)) {
    check();
    const failure = await replaceBatch(batch, options, replaced);
    check();
    if (failure === null) continue;
    // They had no worker, and get none by a reload that fails.
    for (const seat of drained) void seat.drain('reload');
    const others = replaced.filter((seat) => !drained.includes(seat));
    throw reloadError(failure, await rollBack(others, before, options, check));
  }
}

/** Returns what failed first in it, or null. */
async function replaceBatch(
  batch: readonly Seat[],
  options: ValidSupervisorOptions,
  replaced: Seat[],
): Promise<Error | null> {
  let failure: Error | null = null;
  await Promise.all(
    batch.map(async (seat) => {
      try {
        await seat.replace('reload', options);
        replaced.push(seat);
      } catch (error) {
        if (failure === null) for (const other of batch) other.dropSuccessor('reload');
        failure ??= error as Error;
      }
    }),
  );
  return failure;
}

/** Says what became of it. */
async function rollBack(
  seats: readonly Seat[],
  before: ReadonlyMap<Seat, ValidSupervisorOptions>,
  options: ValidSupervisorOptions,
  check: () => void,
): Promise<string> {
  const back: Seat[] = [];
  const kept: Seat[] = [];
  for (const batch of batchesOf(seats, options.parallel)) {
    await Promise.all(
      batch.map(async (seat) => {
        const old = before.get(seat) as ValidSupervisorOptions;
        try {
          // The file has changed in its place: there is nothing to go back to.
          if (isSameProgram(old, options)) throw new Error('the same');
          await seat.replace('reload', old);
          back.push(seat);
        } catch {
          kept.push(seat);
        }
      }),
    );
    check();
  }
  const texts = [
    back.length > 0 ? `back to the old program: ${namesOf(back)}` : '',
    kept.length > 0 ? `still with the new one: ${namesOf(kept)}` : '',
  ];
  return texts.filter((text) => text !== '').join('; ');
}

function reloadError(failure: Error, rolledBack: string): RondoError {
  const { seat, lastOutput } = failure as Partial<WorkerFailure>;
  const note = rolledBack === '' ? '' : ` [${rolledBack}]`;
  const [first, ...rest] = failure.message.split('\n');
  const message = [`${first}${note}`, ...rest].join('\n');
  if (!(failure instanceof WorkerFailure)) {
    return new RondoError('ERR_RONDO_RELOAD_FAILED', message, { cause: failure });
  }
  return new RondoError('ERR_RONDO_RELOAD_FAILED', message, { seat, lastOutput } as WorkerFailure);
}

function isSameProgram(one: ValidSupervisorOptions, other: ValidSupervisorOptions): boolean {
  const programOf = ({ exec, args, execArgv, env, fileEnv }: ValidSupervisorOptions) =>
    JSON.stringify([exec, args, execArgv, env, fileEnv]);
  return programOf(one) === programOf(other);
}

function namesOf(seats: readonly Seat[]): string {
  return seats.map(({ id }) => `worker ${id}`).join(', ');
}

function* batchesOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let first = 0; first < all.length; first += size) yield all.slice(first, first + size);
}
