// docs/benchmark.md: which way of sharing a port to take, from the results that are committed. All of its figures are made here.
import { METRICS } from '../lib/metrics.mjs';
import { besidePublished } from '../lib/published.mjs';
import { AS_GOOD, place, SITUATIONS, show, WAYS } from '../report/situations.mjs';
import { listOf } from '../report/words.mjs';
import { costTable, messagesTable, requestsTable, sharedTable } from './figures.mjs';
import { publishedNotes, publishedTable } from './published.mjs';
import { EARLIER, REQUESTS, RUN, TALK } from './runs.mjs';

/** @typedef {import('../lib/results.mjs').Result} Result */
/** @typedef {Record<string, Result[]>} Runs by their directory */

const OWN = ['rondo-native', 'cluster-rondo'];

/** @param {Runs} runs */
export function renderBenchmark(runs) {
  const rows = SITUATIONS.flatMap((situation) => rowOf(situation, runs));
  return `# Benchmark

<!-- Made of bench/results by \`npm run bench:pages\`. -->

Several processes of Node.js can serve one port. What differs is who accepts a connection, and how it gets to the process that serves it.

| way | who accepts | how to use it |
|---|---|---|
| rondo | a native thread of the primary, which hands each connection to a worker | [\`rondo start\`](start.md), or a \`Dispatcher\` |
| \`node:cluster\` with \`rondo/register\` | the same, under a program for \`node:cluster\` | \`node --import rondo/register program.js\` |
| \`node:cluster\`, as it is | the primary's event loop, which sends each connection to a worker | nothing to do; pm2's cluster mode is this, too |
| \`node:cluster\` with \`SCHED_NONE\` | whichever worker is first: they share one listening socket | \`NODE_CLUSTER_SCHED_POLICY=none\` |
| \`SO_REUSEPORT\` | the kernel, by a hash of the addresses: each worker has a listening socket of its own | \`server.listen({ port, reusePort: true })\`, Node 23.1 or later; also Watt's and Bun's way |
| \`subprocess.send(socket)\` | the primary's event loop, in the program's own code | \`child_process\` |

In short, as the figures below say:

- Clients keep their connections, and all requests are similar and fast: all ways are equally good, so change nothing.
- Only the number of short connections per second counts: \`node:cluster\` with \`SCHED_NONE\`, or \`SO_REUSEPORT\`.
- Some requests take longer than others: \`node:cluster\` with \`SCHED_NONE\`, and rondo next to it.
- Connections stay and should be spread evenly, the primary does work of its own, or workers may crash: rondo.
- No Linux, or no way to load an addon: \`node:cluster\`, as it is. rondo works there too, and costs more.

## By situation

**Bold** is the best, and what is less than ${Math.round(100 * (AS_GOOD - 1))} % or a negligible amount behind it. ${describeRun(runs[RUN])}

${table(rows)}

Rows with * are of an earlier run, of an earlier version, on a machine that was 1.3 to 1.9 times as fast.

## Where another way is better than rondo

${weak(rows)}

## Where rondo is better than what Node.js does by itself

${strong(rows)}

## Requests on connections that stay

Requests that are all alike and quick cost the same with every way: a connection is handed over once. ${keepAlive(runs[EARLIER])}
If your clients keep their connections, each worker has as many, and no request is slow, any way will do, and \`node:cluster\` is already there.

Where requests differ, rondo moves an idle connection to a worker that is free (\`rebalance\`), and a reload moves those of the worker that ends.
Medians of 3 rounds, Node 24, [\`bench/results/${REQUESTS}\`](../bench/results/${REQUESTS}/results.jsonl). *keep-alive-busy*: 50 connections, requests
of 3 ms of CPU and 5 % of 20 ms, at 72 % of what two workers can do. *keep-alive-pool*: 100 connections, opened before the second half of the workers is
there. *reload*: ten in a row, POSTs that are sent once.

${requestsTable(runs[REQUESTS])}

The longest waits are shorter, and each request costs more CPU time: [what it is worth, and where it does not help](requests.md#when).

## Cost and waiting

The same run, more ways. *storm*: connect, read one short line, close, 64 at a time. *busy*: HTTP with a handler that spins for 3 ms, 50 clients.
*mixed*: 401 requests/s with nothing to do beside 23/s that take 20 ms; latency of the former.

${costTable(runs[RUN])}

The charts are of the earlier run, [\`bench/results/${EARLIER}\`](../bench/results/${EARLIER}/results.jsonl).

![CPU time per connection in storm, of primary, workers and load generator](bench/storm-cpu.svg)
![Latency of the fast requests in mixed, by percentile](bench/mixed-latency.svg)

## Published figures, and ours

Tables that others have published, run again. Ratios, since two machines have different rates.

${publishedTable([...runs[RUN], ...runs[REQUESTS]])}

${publishedNotes()}

## Messages and shared state

Medians of 3 rounds, [\`bench/results/${TALK}\`](../bench/results/${TALK}/results.jsonl): text from one worker to another, 1,024 messages under way, of
64 KiB 128; additions to one counter; decisions about 1,000 clients.

${messagesTable(runs[TALK])}

${sharedTable(runs[TALK])}

## What happens to clients

One \`npm run chaos -- --against cluster\` of an earlier version, each experiment first with rondo and then with plain \`node:cluster\`, four
workers; failed requests / requests that hang. These figures were written down and are not in a file.

| | rondo | plain \`node:cluster\` |
|---|---|---|
| ten rolling restarts, 64 keep-alive connections | 0 / 0 of 18,718 | 41 / 0 of 17,508 |
| every worker throws every 1–3 s, 200 keep-alive connections, 10 s | 0 / 0 of 653,624 | 1,648 / 10 of 759,829 |
| a worker killed every 200 ms, 60,000 connections | 116 / 0, of 41 kills | 10 / 66, of 90 kills |

The 116 requests were being served by a killed worker, which had 142 of them.

## On your own machine

\`\`\`sh
npx @rondo/bench
\`\`\`

It takes four minutes and needs Linux on x64 or arm64. The tables are printed, and a report is written to \`rondo-bench/report.html\`, with charts and a table by situation, like the one above.
It connects to loopback addresses only. \`npx @rondo/bench run\` asks everything, in some 85 minutes. For one question:

\`\`\`sh
npx @rondo/bench --scenario nginx-queues,pm2-vs-watt,single-or-cluster
\`\`\`

Watt and Bun are not installed with it. The benchmark includes them if they are installed: \`npm install wattpm @platformatic/node
@oven/bun-linux-x64\`. [What each figure means](../bench/README.md), how it is measured, and what it cannot say.

Client and servers shared two cores in these runs, so the fastest rows are closer together than they would be elsewhere. How the figures
change from commit to commit is on [a page of its own](trend.md).
`;
}

/** @param {Result[]} results */
function describeRun(results) {
  const [{ machine, node, commit }] = results;
  const rounds = new Set(results.map(({ round }) => round)).size;
  return (
    `Medians of ${rounds} rounds or 3, 2 workers where nothing else is said, ${machine.cores} cores (${machine.cpu}, ${machine.kernel.replace(/-.*/, '')}, Node ${node.slice(1)}), at commit ${commit?.slice(0, 7)}: ` +
    `[\`bench/results/${RUN}\`](../bench/results/${RUN}/results.jsonl).`
  );
}

/** @typedef {import('../report/situations.mjs').Situation} Situation */
/** @typedef {import('../report/situations.mjs').Placed} Placed */
/** @typedef {Situation & { run: string, placed: Placed[] }} Row */

/**
 * From the newest run that asked about it; nothing if none did.
 * @param {Situation} situation
 * @param {Runs} runs
 * @returns {Row[]}
 */
function rowOf(situation, runs) {
  const rows = [RUN, EARLIER].map((run) => ({
    ...situation,
    run,
    placed: place(situation, runs[run]),
  }));
  return rows.filter(({ placed }) => placed.length > 1).slice(0, 1);
}

/** @param {Row[]} rows */
function table(rows) {
  const ways = Object.keys(WAYS);
  const lines = rows.map(({ text, figure, metric, run, placed }) => {
    const cells = ways.map((way) => {
      const found = placed.find((one) => one.way === way);
      if (!found) return '';
      const shown = show(metric, found.value);
      return found.isGood ? `**${shown}**` : shown;
    });
    return `| ${text}${run === EARLIER ? ' *' : ''} | ${figure} | ${cells.join(' | ')} |`;
  });
  return [
    `| your program has | what is compared | ${Object.values(WAYS).join(' | ')} |`,
    `|---|---|${'---:|'.repeat(ways.length)}`,
    ...lines,
  ].join('\n');
}

/** @param {Row[]} rows */
function weak(rows) {
  const lines = rows.flatMap((row) => {
    const own = row.placed.filter(({ way }) => OWN.includes(way));
    if (own.some(({ isGood }) => isGood)) return [];
    const better = row.placed.filter((one) => own.every((ours) => isBetter(row, one, ours)));
    const names = listOf(
      better.map(({ way, value }) => `${WAYS[way]} (${show(row.metric, value)})`),
    );
    const theirs = listOf(own.map(({ way, value }) => `${WAYS[way]} ${show(row.metric, value)}`));
    return [`- ${sentence(row.text)}: ${row.figure}. ${theirs}; better: ${names}.`];
  });
  return lines.join('\n');
}

/**
 * @param {Row} row
 * @param {Placed} one
 * @param {Placed} other
 */
function isBetter({ metric }, one, other) {
  return METRICS[metric].better === 'higher' ? one.value > other.value : one.value < other.value;
}

/** @param {Row[]} rows */
function strong(rows) {
  const lines = rows.flatMap((row) => {
    const [own, base] = ['rondo-native', 'cluster-rr'].map((name) =>
      row.placed.find(({ way }) => way === name),
    );
    if (!own || !base || !own.isGood || base.isGood) return better(row, own, base);
    return [line(row, own, base)];
  });
  return lines.join('\n');
}

/**
 * Not the best of all, yet better than node:cluster.
 * @param {Row} row
 * @param {Placed | undefined} own
 * @param {Placed | undefined} base
 */
function better(row, own, base) {
  if (!own || !base) return [];
  const isHigher = METRICS[row.metric].better === 'higher';
  const gain = isHigher ? own.value / base.value : base.value / own.value;
  return gain > AS_GOOD && !base.isGood ? [line(row, own, base)] : [];
}

/**
 * @param {Row} row
 * @param {Placed} own
 * @param {Placed} base
 */
function line({ text, figure, metric }, own, base) {
  return `- ${sentence(text)}: ${figure}. ${show(metric, own.value)} in place of ${show(metric, base.value)}.`;
}

/** @param {string} text */
function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** @param {Result[]} results */
function keepAlive(results) {
  const { here } = besidePublished(
    { metric: 'rate', of: 'cluster-rondo', against: 'cluster-rr', figures: [1, 1] },
    'keep-alive',
    results,
  );
  return here === undefined
    ? ''
    : `With \`rondo/register\` and without it, they had the same rate, by a ratio of ${here.toFixed(2)}.`;
}
