// The contestants in the order of the tables. Adding one is a line here and a file NAME.mjs beside
// this one that exports `primary` and `worker` (see Adapter in ../lib/types.mjs).
import { bunFile, PACKAGE } from '../lib/bun.mjs';
import { isInstalled } from '../lib/installed.mjs';
import { hasReusePort } from '../lib/listening.mjs';
import { canRebalance } from '../lib/rebalance.mjs';
import { missingOfWatt } from '../lib/watt.mjs';

/** @type {Record<string, string>} */
export const CONTESTANTS = {
  'rondo-native': 'rondo, native transport, default options',
  'rondo-off': "rondo-native, rebalance 'off': a connection stays with its worker",
  'rondo-always': "rondo-native, rebalance 'always': each request goes to a worker that has room",
  'rondo-least-connections': 'rondo, native transport, policy least-connections',
  'rondo-ipc': 'rondo, ipc transport, default options',
  'cluster-rondo': 'node:cluster with rondo/register, otherwise the program of cluster-rr',
  'rondo-supervisor': 'a Supervisor of rondo, whose program is that of cluster-rr',
  'cluster-rr': 'node:cluster, SCHED_RR: the primary accepts and sends each handle',
  'cluster-none': 'node:cluster, SCHED_NONE: the workers accept from one shared listen socket',
  pm2: 'pm2 in cluster mode',
  watt: 'Watt: workers are threads, each with SO_REUSEPORT',
  'handle-shared': "child.send('server', server) once: the workers accept from one listen socket",
  'send-socket': "subprocess.send('socket', socket) per accepted socket, in turn",
  'raw-handle': 'the raw handle of each connection over the internal channel, in turn',
  reuseport: 'SO_REUSEPORT: each worker has a listen socket of its own',
  proxy: 'a TCP proxy in the primary, each worker on a port of its own',
  single: 'one process that accepts and serves, no workers',
  'bare-dispatcher': 'no Node: accept4 and sendmsg in turn, to workers in C++',
  'bare-reuseport': 'no Node: SO_REUSEPORT, workers in C++',
  noop: 'no Node: one process that accepts, writes the line and closes; the baseline',
  'rondo-unbounded': 'rondo without its window, to see what that is for',
  'rondo-scraped': 'rondo-native, its metrics scraped ten times a second',
  'cluster-exclusive':
    'node:cluster, exclusive: true with reusePort: each worker has a listen socket of its own',
  bun: "Bun's own node:cluster: each worker has a listen socket of its own",
  'uws-child-apps': 'uWebSockets.js: one thread accepts for the apps of the others',
};

/** Checks of the benchmark, and no way anybody would share a port: asked where there is something to see. */
const CHECKS = ['rondo-unbounded', 'rondo-scraped'];

/** Of requests and not of connections: asked by the scenarios with connections that stay. */
const OF_REQUESTS = ['rondo-off', 'rondo-always', 'rondo-supervisor', 'watt'];

/**
 * Who cannot be run by anybody with what npm's registry has, and why. They have no file.
 * @type {Record<string, string>}
 */
export const NOWHERE = {
  'uws-child-apps':
    "uWebSockets.js is published on GitHub only, and what others have put into npm's registry is not its authors'",
};

/** One of each kind, for scenarios where all of them would take too long. */
export const KINDS = [
  'rondo-native',
  'rondo-ipc',
  'cluster-rondo',
  'cluster-rr',
  'cluster-none',
  'send-socket',
  'reuseport',
  'proxy',
];

/** Those of a full run, where a scenario does not say otherwise. */
export const FULL = Object.keys(CONTESTANTS).filter(
  (name) => !CHECKS.includes(name) && !OF_REQUESTS.includes(name),
);

/** Those of a quick run: what one would choose from. */
export const QUICK = [
  'rondo-native',
  'cluster-rondo',
  'cluster-rr',
  'cluster-none',
  'send-socket',
  'reuseport',
];

const ALONE = ['single', 'noop'];
const BARE = ['bare-dispatcher', 'bare-reuseport'];
/** No ways of sharing a port, but what to see those by. */
export const LIMITS = ['single', 'noop', ...BARE, ...CHECKS];
/**
 * Who does not replace a worker, and why.
 * @type {Record<string, string>}
 */
const NEVER_REPLACES = {
  'bare-dispatcher': 'the program ends with its first worker',
  'bare-reuseport': 'the program ends with its first worker',
  'handle-shared': 'the primary has no handle to send any more',
};
/** Whose workers may join later. */
const CAN_GROW = [
  'rondo-native',
  'rondo-off',
  'rondo-always',
  'rondo-least-connections',
  'rondo-ipc',
  'cluster-rondo',
  'cluster-rr',
  'cluster-none',
  'pm2',
  'watt',
  'reuseport',
  'cluster-exclusive',
];
/** Who replaces all workers, one after another, and lets each end what it has begun. */
const CAN_RELOAD = [
  'rondo-supervisor',
  'cluster-rondo',
  'cluster-rr',
  'cluster-none',
  'pm2',
  'watt',
];
/** The scenarios of a process that reads nothing. */
const OF_ACCEPTING = ['storm', 'handoff'];
const OF_WORKERS = [
  'burst',
  'long-lived',
  'stalled-worker',
  'killed-workers',
  'scaling',
  'start-up',
  'keep-alive-busy',
  'keep-alive-blocked',
  'keep-alive-pool',
  'reload',
];
/** Who serves a second port, where a scenario has one. */
const WITH_SECOND = [
  'rondo-native',
  'rondo-least-connections',
  'rondo-ipc',
  'cluster-rondo',
  'cluster-rr',
  'cluster-none',
  'handle-shared',
  'send-socket',
  'rondo-unbounded',
];

/**
 * Why a contestant is not asked a scenario's question, or undefined if it is.
 * @param {string} contestant
 * @param {import('../lib/types.mjs').Scenario} scenario
 */
export function cannot(contestant, { name }) {
  if (Object.hasOwn(NOWHERE, contestant)) return NOWHERE[contestant];
  if (contestant === 'noop' && !OF_ACCEPTING.includes(name)) return 'it reads and keeps nothing';
  if (ALONE.includes(contestant) && OF_WORKERS.includes(name)) return 'it has no workers';
  if (name === 'overload' && !contestant.startsWith('rondo-')) return 'it has no limit to set';
  if (name === 'two-listeners' && !WITH_SECOND.includes(contestant))
    return 'its program has one port only';
  if (BARE.includes(contestant) && ['blocked-primary', 'stalled-worker'].includes(name))
    return 'it has no event loop to block';
  if (name === 'killed-workers' && Object.hasOwn(NEVER_REPLACES, contestant))
    return NEVER_REPLACES[contestant];
  if (name === 'keep-alive-pool' && !CAN_GROW.includes(contestant))
    return 'no worker joins it later';
  if (name === 'reload' && !CAN_RELOAD.includes(contestant)) return 'it has no reload';
  if (contestant === 'rondo-always' && !canRebalance) return "this rondo has no option 'rebalance'";
  if (contestant === 'watt') return cannotWatt(name);
  if (contestant === 'bun') return cannotBun(name);
  if (contestant === 'cluster-exclusive') return cannotExclude();
  if (contestant === 'pm2' && !isInstalled('pm2')) return 'it is not installed';
  if (name === 'keep-alive' && ['cluster-none', 'handle-shared'].includes(contestant))
    return 'of connections opened one at a time, one worker would have nearly all';
  return undefined;
}

/** @param {string} scenario */
function cannotBun(scenario) {
  if (['blocked-primary', 'stalled-worker', 'killed-workers'].includes(scenario))
    return 'the benchmark starts its processes, and has no more to say to them';
  return bunFile() === undefined ? `not installed: ${PACKAGE}` : undefined;
}

/** Without `reusePort` the second worker fails with EADDRINUSE. */
function cannotExclude() {
  return hasReusePort()
    ? undefined
    : 'with exclusive alone the second worker fails with EADDRINUSE, and reusePort needs Node 23.1';
}

/** @param {string} scenario */
function cannotWatt(scenario) {
  if (['storm', 'burst', 'long-lived', 'handoff', 'backlog', 'overload'].includes(scenario))
    return 'it serves HTTP only';
  if (['stalled-worker', 'killed-workers'].includes(scenario))
    return 'its workers are threads, which no signal stops';
  if (['scaling', 'start-up'].includes(scenario)) return 'its workers are no processes';
  return missingOfWatt();
}
