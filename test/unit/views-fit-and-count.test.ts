// The pure parts of `rondo top` and of the page: lines that fit any terminal and hold nothing that it would obey, an
// order for each column, rates that are never negative, and latency of the last seconds only.

import { EventEmitter } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'tap';
import { COLUMNS, columnsFor, rowOf, sortRows } from '../../src/cli/top/columns.js';
import { keysIn } from '../../src/cli/top/keys.js';
import { linesOf, type Named, type Shown } from '../../src/cli/top/view.js';
import { ratesBetween } from '../../src/control/rates.js';
import type { SeatSnapshot, Snapshot } from '../../src/control/types.js';
import { LatencyWindow } from '../../src/metrics/page/latency-window.js';
import { Lives } from '../../src/metrics/page/lives.js';
import type { Supervisor } from '../../src/supervisor/supervisor.js';

function seatWith(seat: number, counted: number, more: Partial<SeatSnapshot> = {}): SeatSnapshot {
  const counters = { handed: counted, received: counted, ended: 0, refused: 0, reclaimed: 0 };
  return {
    seat,
    state: 'running',
    failures: 0,
    workers: [],
    counters: { ...counters, unfinished: 0, lost: 0 },
    open: 0,
    pending: 0,
    ...more,
  } as SeatSnapshot;
}

function snapshotWith(uptimeMs: number, seats: SeatSnapshot[], more: Partial<Named> = {}): Named {
  return {
    name: 'app',
    time: uptimeMs,
    pid: 1,
    uptimeMs,
    versions: { rondo: '1.0.0', node: '20.0.0' },
    state: 'running',
    isDegraded: false,
    workers: seats.length,
    ready: 0,
    agent: null,
    seats,
    listeners: [],
    dealing: {
      accepted: seats.reduce((sum, { counters }) => sum + counters.handed, 0),
      waiting: 0,
    },
    ...more,
  } as Named;
}

test('lines fit any terminal', async (t) => {
  const seats = Array.from({ length: 40 }, (_, seat) => seatWith(seat, 10 ** seat % 1e9));
  const evil = snapshotWith(1, seats, { name: 'a\x1b]0;b\x07\r\n\x9bc' });
  const shown: Shown = {
    snapshot: evil,
    rates: null,
    choice: { sort: 0, isDescending: false, seat: 20 },
    message: 'one\ntwo\x1b[2J',
    waiting: 'waiting\x1b[2J',
    isHelp: false,
  };
  for (const isHelp of [false, true]) {
    for (const hasColour of [false, true]) {
      for (let columns = 1; columns < 130; columns += 3) {
        for (const rows of [1, 3, 5, 24, 60]) {
          const look = { hasColour, isUtf8: true };
          const lines = linesOf({ ...shown, isHelp }, { columns, rows }, look);
          const plain = lines.map(stripVTControlCharacters);
          const wrong = plain.filter((line) => line.length > columns || /\p{Cc}/u.test(line));
          if (wrong.length > 0 || lines.length !== rows) {
            t.fail(`${columns} × ${rows}: ${lines.length} lines`, { wrong });
          }
        }
      }
    }
  }
  const lines = linesOf(shown, { columns: 80, rows: 12 }, { hasColour: false, isUtf8: false });
  t.ok(
    lines.some((line) => /^\s*(\S+m)?\s+20 /.test(line.replace('\x1b[7m', ''))),
    'the selected one is there',
  );
});

test('a narrow terminal has the columns of the most weight', async (t) => {
  t.same(columnsFor(1_000), COLUMNS);
  t.same(columnsFor(0), []);
  t.same(
    columnsFor(26).map(({ name }) => name),
    ['SEAT', 'STATE', 'CONN/S'],
  );
  for (let width = 0; width < 100; width++) {
    const used = columnsFor(width).reduce((sum, column) => sum + column.width, 0);
    t.ok(used <= width, `${used} of ${width}`);
  }
});

test('each column has an order, and what is not known is last', async (t) => {
  const rates = [5, null, 7].map((cpu) => ({ dealt: 0, receivedPerSecond: null, cpu }));
  const rows = rates.map((rate, seat) => rowOf(seatWith(seat, 0), rate));
  const order = (name: string, isDescending: boolean): number[] => {
    const column = COLUMNS.find((one) => one.name === name);
    if (column === undefined) throw new Error(name);
    return sortRows(rows, column, isDescending).map(({ seat }) => seat.seat);
  };
  t.same(order('CPU%', true), [2, 0, 1]);
  t.same(order('CPU%', false), [0, 2, 1]);
  t.same(order('SEAT', true), [2, 1, 0]);
  t.same(order('OPEN', true), [0, 1, 2], 'what is equal by seats');
});

test('rates', async (t) => {
  const before: Snapshot = snapshotWith(1_000, [seatWith(0, 10), seatWith(1, 10)]);
  const after: Snapshot = snapshotWith(3_000, [seatWith(0, 30), seatWith(1, 5), seatWith(2, 4)]);
  const rates = ratesBetween(before, after);
  t.equal(rates.elapsedMs, 2_000);
  t.equal(rates.acceptedPerSecond, 9.5);
  t.match(rates.seats.get(0), { dealt: 20, receivedPerSecond: 10 });
  t.match(rates.seats.get(1), { dealt: 0, receivedPerSecond: null }, 'never negative');
  t.match(rates.seats.get(2), { dealt: 0, receivedPerSecond: null }, 'new');
  t.equal(ratesBetween(null, after).acceptedPerSecond, null);
  t.equal(ratesBetween({ ...before, pid: 2 }, after).acceptedPerSecond, null, 'of another primary');
  t.equal(ratesBetween(before, before).acceptedPerSecond, null, 'of the same moment');
});

test('latency of the last ten seconds', async (t) => {
  const window = new LatencyWindow();
  const boundsMs = [0.05, 0.2, 1, 2_000];
  const add = (time: number, ...counts: number[]) => window.add(time, { boundsMs, counts });
  t.match(add(0, 100, 0, 0, 0, 0), { count: 0, p50: null, p99: null });
  t.match(add(1_000, 198, 1, 0, 0, 1), { count: 100, p50: 0.05, p99: 0.2, p999: 'more' });
  const rows = add(2_000, 198, 1, 5, 0, 1)?.rows ?? [];
  t.same(
    rows.filter(({ count }) => count > 0),
    [
      { upToMs: 0.1, count: 98 },
      { upToMs: 0.25, count: 1 },
      { upToMs: 1, count: 5 },
      { upToMs: null, count: 1 },
    ],
  );
  t.match(add(11_000, 198, 1, 6, 0, 1), { count: 6, p50: 1 }, 'what is older is forgotten');
  t.match(add(12_000, 1, 0, 0, 0, 0), { count: 0 }, 'another primary counts from the beginning');
  t.equal(window.add(13_000, null), null);
});

test('a life is in its order, also of a worker that ends as soon as it is ready', async (t) => {
  const supervisor = Object.assign(new EventEmitter(), { stats: () => ({ seats: [] }) });
  const lives = new Lives(supervisor as unknown as Supervisor);
  // Rounded, and told later than it was: by the clock of whoever is told, it would have ended before it was ready.
  const worker = { id: 1, seat: 0, pid: 1, livedMs: 0, readyAfterMs: null };
  supervisor.emit('worker:starting', { ...worker, state: 'starting' });
  supervisor.emit('worker:ready', {
    ...worker,
    state: 'ready',
    livedMs: 60_000,
    readyAfterMs: 60_000,
  });
  supervisor.emit('worker:exited', {
    ...worker,
    state: 'exited',
    livedMs: 60_001,
    readyAfterMs: 60_000,
  });
  const [life] = lives.all;
  const { startedAt = 0, readyAt, exitedAt } = life ?? {};
  t.strictSame([readyAt, exitedAt], [startedAt + 60_000, startedAt + 60_001]);
  lives.close();
});

test('keys', async (t) => {
  t.same(keysIn('\x1b[A\x1bOBq\x1b[5~\x03\x1b'), [
    'up',
    'down',
    'q',
    '\x1b[5~',
    'interrupt',
    'escape',
  ]);
});
