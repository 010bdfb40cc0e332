// One contestant, for a client of your own, such as one on another machine:
//   node bench/serve.mjs rondo-native --host 192.0.2.1 --port 8000
// It serves until Ctrl-C. After each load it prints the CPU time that this took, of primary and
// workers apart; the client knows rate and latency.
//
// Exit code: 0 after Ctrl-C or SIGTERM; 1 if the contestant failed; 2 for a wrong command line.
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CONTESTANTS, NOWHERE } from './contestants/index.mjs';
import { HANDLERS } from './handlers.mjs';
import { parse, UsageError, wholeNumber } from './lib/command-line.mjs';
import { startHost } from './lib/host-process.mjs';
import { cpuSeconds } from './lib/proc.mjs';
import { killAll } from './lib/processes.mjs';

const EVERY_MS = 500;
/** Less of a core than this is no load but what Node does by itself. */
const IDLE_CORES = 0.03;

const USAGE = `usage: node bench/serve.mjs CONTESTANT [options]
  CONTESTANT           one of ${Object.keys(CONTESTANTS).join(', ')}
  --handler NAME       what to serve: ${Object.keys(HANDLERS).join(', ')} (hello)
  --workers N          worker processes (2)
  --host ADDRESS       the address to listen at (127.0.0.1)
  --port N             the port (8000; 0: a free one)
  --help               this text`;

/** @satisfies {import('node:util').ParseArgsConfig['options']} */
const OPTIONS = /** @type {const} */ ({
  handler: { type: 'string', default: 'hello' },
  workers: { type: 'string', default: '2' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8000' },
  help: { type: 'boolean', default: false },
});

process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  try {
    const options = parseOptions(args);
    if (options.help) console.log(USAGE);
    else await serve(options);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    const isUsage = error instanceof UsageError;
    console.error(isUsage ? `${message}\n${USAGE}` : message);
    process.exit(isUsage ? 2 : 1);
  }
}

/** @param {string[]} args */
function parseOptions(args) {
  const { values, positionals } = parse(args, OPTIONS);
  const { help, handler, host } = values;
  const [contestant = '', ...others] = positionals;
  if (!help && !Object.hasOwn(CONTESTANTS, contestant))
    throw new UsageError(`no contestant '${contestant}'`);
  if (Object.hasOwn(NOWHERE, contestant))
    throw new UsageError(`${contestant} cannot be run: ${NOWHERE[contestant]}`);
  if (others.length > 0) throw new UsageError(`one contestant at a time, not '${others[0]}' too`);
  if (!Object.hasOwn(HANDLERS, handler)) throw new UsageError(`--handler: no '${handler}'`);
  if (isIP(host) === 0) throw new UsageError(`--host must be an IP address, not '${host}'`);
  return {
    help,
    contestant,
    handler,
    workers: wholeNumber('--workers', values.workers, 1, 64),
    address: { host, port: wholeNumber('--port', values.port, 0, 65_535) },
  };
}

/** @param {Exclude<ReturnType<typeof parseOptions>, undefined>} options */
async function serve({ contestant, handler, workers, address }) {
  const host = await startHost(contestant, handler, workers, { address });
  const where = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${host.port}`;
  console.log(`${contestant} serves '${handler}' on ${where} with ${workers} workers`);

  let last = usageOf(host);
  /** @type {typeof last | undefined} when a load began that has not ended */
  let start;
  for (;;) {
    await delay(EVERY_MS);
    const failure = host.failure();
    if (failure) throw failure;
    const now = usageOf(host);
    const cores = (total(now) - total(last)) / (now.wallS - last.wallS);
    if (cores >= IDLE_CORES) start ??= last;
    else if (start) {
      console.log(describe(start, last));
      start = undefined;
    }
    last = now;
  }
}

/** @typedef {{ wallS: number, primaryS: number, workersS: number[] }} Usage */

/**
 * @param {import('./lib/host-process.mjs').Host} host
 * @returns {Usage}
 */
function usageOf({ primaryPid, workerPids }) {
  return {
    wallS: performance.now() / 1_000,
    primaryS: cpuSeconds([primaryPid]),
    workersS: workerPids.filter((pid) => pid !== primaryPid).map((pid) => cpuSeconds([pid])),
  };
}

/** @param {Usage} usage */
function total({ primaryS, workersS }) {
  return workersS.reduce((sum, value) => sum + value, primaryS);
}

/**
 * @param {Usage} from
 * @param {Usage} to
 */
function describe(from, to) {
  const primaryS = to.primaryS - from.primaryS;
  const workersS = to.workersS.map((value, index) => value - from.workersS[index]);
  const sum = workersS.reduce((left, right) => left + right, 0);
  const each = workersS.length > 0 ? ` (${workersS.map((s) => s.toFixed(2)).join(', ')})` : '';
  return (
    `a load of ${(to.wallS - from.wallS).toFixed(1)} s took ` +
    `${primaryS.toFixed(2)} s of CPU in the primary, ${sum.toFixed(2)} s in the workers${each}`
  );
}
