// The chaos run: a supervised server under load, to which everything happens at random that it promises
// to survive, and what that cost its clients. `--against cluster` is the comparison instead.
//
// Exit code: 0; 1 if a limit was violated; 2 for a wrong command line; 130 after Ctrl-C.
import { existsSync, writeFileSync } from 'node:fs';
import { align } from '../bench/lib/align.mjs';
import { UsageError } from '../bench/lib/command-line.mjs';
import { describeMachine } from '../bench/lib/machine.mjs';
import { killAll } from '../bench/lib/processes.mjs';
import { compare } from './compare.mjs';
import { runChaos } from './lib/chaos.mjs';
import { storyOf } from './lib/diary.mjs';
import { killMarked } from './lib/leftovers.mjs';
import { HANG_MS, LOADGEN } from './lib/load.mjs';
import { parseOptions, USAGE } from './lib/options.mjs';
import { tap } from './lib/tables.mjs';

/** @typedef {import('./lib/rounds.mjs').Round} Round */

const DISTURBED_CORES = 0.5;

// The primary first: it would start others in their place.
process.on('exit', () => {
  killAll();
  killMarked();
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (options === undefined) return;
  if (options.help) return console.log(USAGE);
  if (process.platform !== 'linux' || !existsSync(LOADGEN)) {
    console.error('this needs Linux and the load generator: npm run build:native');
    process.exitCode = 2;
    return;
  }
  const where = describeMachine();
  const { machine, node, commit } = where;
  console.log(
    `${machine.cores} × ${machine.cpu}, ${machine.kernel}, Node ${node}, commit ${commit ?? 'unknown'}`,
  );
  const result = options.against === undefined ? await chaos(options) : await compare();
  if (options.out !== undefined) {
    writeFileSync(options.out, `${JSON.stringify({ ...result, ...where }, null, 2)}\n`);
  }
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** @param {{ seconds: number, workers: number, seed: number }} options */
async function chaos(options) {
  const { seconds, workers, seed } = options;
  console.log(`${seconds} s, ${workers} workers, --seed ${seed}`);
  const result = await runChaos(options, (round, index, count) => {
    console.error(`${index}/${count} ${describe(round)}`);
  });
  const { rounds, ends, others, lines } = result;
  console.log(
    `\n${eventTable(rounds)}\n\n${align([['workers ended by', ''], ...Object.entries(ends)])}`,
  );
  console.log(`\n${hangTable(rounds)}`);
  console.log(`\n${loadTable(rounds)}`);
  console.log(`\n${endingTable(result.after.endings)}`);
  const isDisturbed = others > DISTURBED_CORES;
  const remark = isDisturbed ? ': hung requests may be theirs' : '';
  console.log(`\nother programs kept ${others.toFixed(1)} cores busy${remark}\n\n${tap(lines)}`);
  if (!lines.every(({ isKept }) => isKept)) {
    process.exitCode = 1;
    for (const [index, round] of rounds.entries()) {
      const story = storyOf(round, HANG_MS);
      if (story.length > 0) console.log(`\nround ${index + 1}\n${story.join('\n')}`);
    }
    console.error(`\nthe last that the supervisor and its workers wrote:\n${result.stderr}`);
  }
  return { options, ...result };
}

/** @param {Round} round */
function describe({ isRough, isPaced, events, loads, deaths, bound }) {
  const count = Object.values(events).reduce((sum, one) => sum + one, 0);
  const failed = loads.keepAlive.failed + loads.new.failed;
  const kind = `${isRough ? 'rough' : 'calm'}${isPaced ? ', clients pause' : ''}`;
  return `${kind}: ${count} events, ${deaths} deaths, ${failed} failed of at most ${bound}`;
}

/** @param {Round[]} rounds */
function eventTable(rounds) {
  const names = [...new Set(rounds.flatMap(({ events }) => Object.keys(events)))].sort();
  const rows = names.map((name) => {
    const calm = rounds.filter(({ isRough }) => !isRough);
    const rough = rounds.filter(({ isRough }) => isRough);
    return [name, ...[calm, rough].map((some) => total(some, ({ events }) => events[name] ?? 0))];
  });
  return align([['events', 'calm', 'rough'], ...rows]);
}

/**
 * A worker that drains, for whatever reason, is not looked at any more, and ends when that is over.
 * @param {Round[]} rounds
 */
function hangTable(rounds) {
  const hangs = rounds.flatMap((round) => round.hangs);
  const rows = [...new Set(hangs.map(({ reason }) => reason))].map((reason) => {
    const times = hangs.filter((hang) => hang.reason === reason).map(({ ms }) => ms);
    return [reason, times.length, Math.max(...times)];
  });
  return align([['hanging workers ended by', '', 'longest ms'], ...rows]);
}

/** @param {Round[]} rounds */
function loadTable(rounds) {
  const kinds = /** @type {const} */ (['keepAlive', 'new']);
  const rows = kinds.flatMap((kind) =>
    [false, true].map((isRough) => {
      const some = rounds.filter((round) => round.isRough === isRough);
      const sum = (/** @type {'ok' | 'failed' | 'refused' | 'hung' | 'opened'} */ figure) =>
        total(some, ({ loads }) => loads[kind][figure]);
      const longest = Math.max(...some.map(({ loads }) => loads[kind].latencyMs.max));
      return [
        `${kind === 'new' ? 'new connections' : 'keep-alive'}, ${isRough ? 'rough' : 'calm'}`,
        ...[sum('ok'), sum('failed'), sum('refused'), sum('hung'), sum('opened')],
        Math.round(longest),
      ];
    }),
  );
  return align([
    ['requests', 'ok', 'failed', 'refused', 'hung', 'connections', 'longest ms'],
    ...rows,
  ]);
}

/** @param {import('./lib/endings.mjs').Ending[]} endings */
function endingTable(endings) {
  const rows = endings.map(({ name, failed, started, ms }) => [name, failed, started, ms]);
  return align([['stopped by', 'failed', 'workers started', 'ms'], ...rows]);
}

/**
 * @param {Round[]} rounds
 * @param {(round: Round) => number} of
 */
function total(rounds, of) {
  return rounds.reduce((sum, round) => sum + of(round), 0);
}
