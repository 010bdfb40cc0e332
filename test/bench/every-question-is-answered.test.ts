// What the scenarios ask of a contestant beside serving it does: a second port, a worker whose loop is kept busy, and
// the figures of each scenario are there.

import { test } from 'tap';
import { runRound } from '../fixtures/bench-program.js';
import { underLoad } from '../fixtures/loadgen.js';

const WITH_SECOND = [
  'rondo-native',
  'rondo-least-connections',
  'rondo-ipc',
  'cluster-rondo',
  'cluster-rr',
  'cluster-none',
  'handle-shared',
  'send-socket',
];
// Each has a way of its own to its workers.
const LOOPED = ['rondo-native', 'rondo-ipc', 'cluster-rr', 'pm2', 'reuseport'];
const WORKERS = ['w0', 'w1'];

test('a second port', underLoad, async (t) => {
  const asked = [...WITH_SECOND, 'single'];
  const { cells, stdout } = await runRound(t, 'two-listeners', asked, 'flooded first, 2 workers');
  t.match(stdout, /^not applicable: single, \w/m);
  t.same(cells.map(({ contestant }) => contestant).sort(), WITH_SECOND.toSorted());
  for (const { contestant, load, background, figures } of cells) {
    t.ok(load.ok > 0 && background.ok >= 100, `${contestant} serves both`);
    t.ok(figures.p99Ms > 0 && figures.p99ByQuiet > 0 && figures.floodRate > 0);
  }
});

test('a worker that loops', underLoad, async (t) => {
  const { cells } = await runRound(t, 'stalled-worker', LOOPED, 'load bursts, worker looping');
  t.same(cells.map(({ contestant }) => contestant).sort(), LOOPED.toSorted());
  for (const { contestant, load, observed, figures } of cells) {
    t.ok(observed.stalledMs >= 1_000, `${contestant} looped for ${observed.stalledMs} ms`);
    t.equal(load.slowest.length, 64);
    // Where all of the slowest waited for that worker, the others were not slower.
    const { ms } =
      load.slowest.find(
        (reply: { worker: string; startMs: number }) =>
          reply.worker !== 'w0' || reply.startMs > observed.stalledAtMs,
      ) ?? load.slowest.at(-1);
    t.equal(figures.othersMaxMs, ms, 'the longest wait of who could have gone elsewhere');
    t.ok(figures.othersMaxMs <= figures.maxMs);
  }
});

test('waves of connections that stay for a while', underLoad, async (t) => {
  const variant = 'held 64 each 20 ms, cores idle, 4 workers';
  const { cells } = await runRound(t, 'burst', ['cluster-rr'], variant);
  const [{ load, figures }] = cells;
  t.equal(load.ok, 6_400);
  const open = Object.values(load.workerOpen as Record<string, number>);
  t.equal(open.length, 4);
  t.equal(figures.gap, Math.max(...open) - Math.min(...open));
  t.ok(figures.worstGap >= figures.gap);
  t.ok(load.mostOpen < 6_400 / 2, 'most of them had ended');
});

test('a full backlog', underLoad, async (t) => {
  const { cells } = await runRound(t, 'backlog', ['cluster-rr'], '2 workers');
  const [{ load, figures }] = cells;
  t.equal(load.ok, 100);
  t.same(Object.keys(load.workers).sort(), WORKERS);
  t.match(figures, { hung: 0, hungConnected: 0, listenDrops: Number });
  t.ok(figures.connectMaxMs > 0 && figures.connectMaxMs <= figures.maxMs);
});
