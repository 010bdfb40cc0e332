// The command line of ../run.mjs.
import { parseOnlyOptions, UsageError, wholeNumber } from '../../bench/lib/command-line.mjs';
import { SCALE } from './events.mjs';

export const USAGE = `usage: npm run chaos -- [options]
  --seconds N          how long there is load (60)
  --workers N          workers at the start and at the end (4)
  --seed N             the order of events (from the clock)
  --out FILE           write the figures as JSON
  --against cluster    instead: three experiments with rondo and plain node:cluster, side by side
  --help               this text`;

/** @satisfies {import('node:util').ParseArgsConfig['options']} */
const OPTIONS = /** @type {const} */ ({
  help: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  workers: { type: 'string' },
  seed: { type: 'string' },
  out: { type: 'string' },
  against: { type: 'string' },
});

/** @param {string[]} args */
export function parseOptions(args) {
  const { help, seconds, workers, seed, out, against } = parseOnlyOptions(args, OPTIONS);
  if (against !== undefined && against !== 'cluster') {
    throw new UsageError(`--against must be cluster, not '${against}'`);
  }
  if (against !== undefined && (seconds ?? workers ?? seed) !== undefined) {
    throw new UsageError(
      '--seconds, --workers and --seed do not go with --against: its experiments have their own',
    );
  }
  return {
    help,
    against,
    seconds: wholeNumber('--seconds', seconds ?? '60', 10, 86_400),
    workers: wholeNumber('--workers', workers ?? '4', SCALE.least, SCALE.most),
    seed: wholeNumber('--seed', seed ?? String(Date.now() % 100_000), 0, 0xffff_ffff),
    out,
  };
}
