// What may happen and what may not, a line each.

import { HANG_MS } from './load.mjs';

/** @typedef {import('./rounds.mjs').Round} Round */
/** @typedef {import('./tables.mjs').Line} Line */

/** Of the connections that were closed while idle: a client that asks in that very instant. */
const MOST_CROSSED = 0.01;

/**
 * What is left after the last round and after stop().
 * @typedef {object} Aftermath
 * @property {number} fdsBefore
 * @property {number} fdsAfter
 * @property {number} zombies
 * @property {number} closed connections that the primary closed
 * @property {number} lost connections that were lost on the way to a worker
 * @property {number} workersLeft
 * @property {number} marked processes of the run, whoever has started them
 * @property {number} started workers
 * @property {import('./endings.mjs').Ending[]} endings
 * @property {string[]} stayed those whose supervising process did not end by itself, with 0
 */

/**
 * @param {Round[]} rounds
 * @param {ReturnType<import('./witness.mjs').watch>} witness
 * @param {Aftermath} after
 * @param {string[]} kinds every kind of event
 * @returns {Line[]}
 */
export function judge(rounds, witness, after, kinds) {
  const calm = rounds.filter(({ isRough }) => !isRough);
  const rough = rounds.filter(({ isRough }) => isRough);
  const deaths = sum(rough, ({ deaths }) => deaths);
  const bound = sum(rough, ({ bound }) => bound);
  const closedIdle = sum(rounds, ({ loads }) => loads.keepAlive.closed.idle);
  const missing = kinds.filter((kind) => !rounds.some(({ events }) => events[kind] > 0));
  const closedUnused = sum(calm, ({ posts }) => posts.closed + posts.crossed);
  const unexpected = witness.unexpected();
  const failures = witness.failures();
  const troubles = rounds.flatMap(({ troubles }) => troubles);
  const ok = (/** @type {Round} */ round) => sumLoads(round, 'ok');
  const perSecond = Math.min(
    ...rounds.map((round) => ok(round) / Math.max(round.loads.new.elapsedS, 1)),
  );
  return [
    atMost('events that did not take place', missing.length, 0, missing),
    {
      what: 'requests answered per second, in the worst round',
      measured: Math.round(perSecond),
      limit: 'at least 100',
      isKept: perSecond >= 100,
    },
    atMost('failed requests while no worker was killed, keep-alive', failed(calm, 'keepAlive'), 0, [
      kindsOf(calm, 'keepAlive'),
    ]),
    atMost('failed requests while no worker was killed, new connections', failed(calm, 'new'), 0, [
      kindsOf(calm, 'new'),
    ]),
    atMost('failed POSTs, tried once, while no worker was killed', failedPosts(calm), 0, [
      JSON.stringify(calm.map(({ posts }) => posts)),
    ]),
    {
      ...atMost(
        'POSTs sent when the close of an idle connection had arrived, while no worker was killed',
        sum(calm, ({ posts }) => posts.crossed),
        Math.floor(closedUnused * MOST_CROSSED),
      ),
      limit: `1 in 100 connections closed while idle, ${closedUnused}`,
    },
    {
      what: 'connections that moved, in the round with the fewest',
      measured: Math.min(...rounds.map(({ moved }) => moved)),
      limit: 'at least 1',
      isKept: rounds.every(({ moved }) => moved >= 1),
    },
    {
      ...atMost(
        `failed requests in rounds with ${deaths} killed or hung workers`,
        failed(rough, 'keepAlive') + failed(rough, 'new') + failedPosts(rough),
        bound,
        [kindsOf(rough, 'keepAlive'), kindsOf(rough, 'new')],
      ),
      limit: `at most ${bound}, the connections those workers had`,
    },
    atMost('the worst of these rounds, above its own limit', worst(rough), 0),
    {
      ...atMost(
        'requests sent when the close of an idle connection had arrived (RFC 9112, 9.5)',
        sum(rounds, crossed),
        Math.floor(closedIdle * MOST_CROSSED),
      ),
      limit: `1 in 100 connections closed while idle, ${closedIdle}`,
    },
    atMost(
      'refused requests',
      sum(rounds, (round) => sumLoads(round, 'refused')),
      0,
    ),
    atMost(
      'hung requests',
      sum(rounds, (round) => sumLoads(round, 'hung')),
      0,
    ),
    atMost(
      'requests without an end',
      sum(rounds, (round) => sumLoads(round, 'unfinished')),
      0,
    ),
    atMost('failed requests at the removed path while no worker was killed', atPath(calm), 0, [
      JSON.stringify(calm.map((round) => round.atPath.failures)),
    ]),
    {
      ...atMost(
        'the longest time that the removed path led to nobody, ms',
        Math.round(Math.max(...rounds.map((round) => round.atPath.longestGapMs))),
        HANG_MS,
      ),
    },
    atMost('events that did not end as they should', troubles.length, 0, troubles),
    atMost('workers that ended unasked', unexpected.length, 0, unexpected),
    atMost('failures the supervisor told of', failures.length, 0, failures),
    atMost('connections destroyed by a drain', witness.destroyed(), 0),
    atMost('connections the primary closed or lost', after.closed + after.lost, 0),
    atMost(
      'connections left when a round was over',
      sum(rounds, (one) => one.connectionsLeft),
      0,
    ),
    {
      what: 'fds of the supervising process',
      measured: after.fdsAfter,
      limit: `${after.fdsBefore}, as before`,
      isKept: after.fdsAfter === after.fdsBefore,
    },
    atMost('zombies', after.zombies, 0),
    atMost(`workers left after stop(), of ${after.started}`, after.workersLeft, 0),
    atMost('processes left that nobody told of', after.marked, 0),
    atMost(
      'requests in flight that a stop by signals failed',
      sum(after.endings, ({ failed }) => failed),
      0,
      [JSON.stringify(after.endings)],
    ),
    atMost(
      'workers started after the signal to stop',
      sum(after.endings, ({ started }) => started),
      0,
      [JSON.stringify(after.endings)],
    ),
    atMost(
      `of ${after.endings.length} supervising processes, those that did not end by themselves, with 0`,
      after.stayed.length,
      0,
      after.stayed,
    ),
  ];
}

/**
 * @param {string} what
 * @param {number} measured
 * @param {number} most
 * @param {string[]} [details]
 * @returns {Line}
 */
function atMost(what, measured, most, details = []) {
  const limit = most === 0 ? '0' : `at most ${most}`;
  return { what, measured, limit, isKept: measured <= most, details };
}

/** @param {Round[]} rounds */
function atPath(rounds) {
  return sum(rounds, ({ atPath: { failures } }) => sum(Object.values(failures), (count) => count));
}

/** @param {Round[]} rounds */
function failedPosts(rounds) {
  return sum(rounds, ({ isRough, posts: { failures, crossed } }) => {
    // Of a worker that was killed the end comes in place of an answer, too.
    return sum(Object.values(failures), (count) => count) - (isRough ? 0 : crossed);
  });
}

/**
 * The largest excess of failed requests over what the deaths of a round may cost; one round with
 * few failures does not make up for another.
 * @param {Round[]} rounds
 */
function worst(rounds) {
  return Math.max(
    0,
    ...rounds.map((round) => {
      const posts = failedPosts([round]);
      return failed([round], 'keepAlive') + failed([round], 'new') + posts - round.bound;
    }),
  );
}

/**
 * @param {Round[]} rounds
 * @param {'keepAlive' | 'new'} load
 */
function failed(rounds, load) {
  return sum(rounds, (round) => {
    return round.loads[load].failed - (load === 'keepAlive' ? crossed(round) : 0);
  });
}

/**
 * The client looks whether its idle connection has ended, and then asks. If the end comes in between it
 * reads it in place of an answer, and no server can help that. A request that was there before the
 * connection was closed is another thing: the client gets a reset for it, which counts. Clients without
 * pauses have idle connections only where the machine made them wait.
 * @param {Round} round
 */
function crossed({ loads: { keepAlive } }) {
  const { failures, reusedFailed, closed } = keepAlive;
  return Math.min(failures.EOF ?? 0, reusedFailed, closed.idle);
}

/**
 * Such as `{"ECONNRESET":3}`, of which so many on a connection that had served before.
 * @param {Round[]} rounds
 * @param {'keepAlive' | 'new'} load
 */
function kindsOf(rounds, load) {
  const each = rounds.map(({ loads }) => {
    const { failures, reusedFailed } = loads[load];
    return { ...failures, reusedFailed };
  });
  return `${load} by round: ${JSON.stringify(each)}`;
}

/**
 * @param {Round} round
 * @param {'ok' | 'failed' | 'refused' | 'hung' | 'unfinished'} figure
 */
function sumLoads({ loads }, figure) {
  return loads.keepAlive[figure] + loads.new[figure];
}

/**
 * @template T
 * @param {T[]} list
 * @param {(one: T) => number} of
 */
function sum(list, of) {
  return list.reduce((total, one) => total + of(one), 0);
}
