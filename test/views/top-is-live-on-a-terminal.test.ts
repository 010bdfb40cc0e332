// `rondo top` on a terminal: it shows each worker and what comes of it, sorts, restarts a worker after a question,
// makes them more and fewer, heeds the terminal's size, and goes on when another primary answers.

import path from 'node:path';
import { test } from 'tap';
import { ask, BIN, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { needsScreen, onScreen } from '../fixtures/screen.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const [UP, DOWN, RIGHT] = ['\x1b[A', '\x1b[B', '\x1b[C'];

const topOf = (socket: string): string[] => [
  process.execPath,
  BIN,
  'top',
  '--control',
  socket,
  '--interval',
  '0.2',
];

test('it shows, sorts and changes', needsScreen, async (t) => {
  const socket = path.join(temporaryDirectory(t), 'socket');
  const supervised = await openSupervisor(t, { workers: 2, minUptimeMs: 50, idleGraceMs: 0 });
  await supervised.call('start');
  await supervised.call('control', { path: socket });
  const screen = await onScreen(t, topOf(socket));

  const [first, second] = await supervised.readyPids();
  await screen.shows(new RegExp(`^ +0 +${first} +ready `));
  await screen.shows(new RegExp(`^ +1 +${second} +ready `));
  await screen.shows(/^2 of 2 ready {2}accepted 0\/s {2}open 0 {2}waiting 0 /);
  await screen.shows(/ SEAT▲ .* RESTARTS .* AGE/);
  t.match(
    screen.lines()[0],
    new RegExp(`^running .* pid ${supervised.pid} .* Node ${process.versions.node}`),
  );

  await ask(supervised.port());
  await screen.shows(/ accepted [1-9][\d.]*\/s /);

  screen.keys(RIGHT + RIGHT);
  await screen.shows(/ SEAT .* STATE▲/);
  screen.keys('i');
  await screen.shows(/ STATE▼/);
  screen.keys('?');
  await screen.shows(/^q +end/);
  screen.keys('?');

  screen.keys(`${DOWN}R`);
  await screen.shows(new RegExp(`^Restart worker 1 \\(pid ${second}\\)\\? y or n$`));
  screen.keys('n');
  await screen.shows(/^nothing was changed$/);
  screen.keys('Ry');
  await screen.shows(/^restart worker 1: done$/);
  const [same, other] = await supervised.readyPids();
  t.equal(same, first);
  t.not(other, second);
  await screen.shows(new RegExp(`^ +1 +${other} +ready `));

  screen.keys('++');
  await screen.shows(/^scale to 4 workers: done$/);
  await screen.shows(/^4 of 4 ready /);
  screen.keys('---');
  await screen.shows(/^1 of 1 ready /);
  screen.keys('-');
  await screen.shows(/^scale to 0 workers: .*'workers' must be an integer from 1/);
  screen.keys('+');
  await screen.shows(/^2 of 2 ready /);
  screen.keys(`${UP}dy`);
  await screen.shows(/^drain worker 0: done$/);
  await screen.shows(/^ +0 +- drained /);

  screen.keys('q');
  t.equal(await screen.end, 0);
});

test('it fits', needsScreen, async (t) => {
  const socket = path.join(temporaryDirectory(t), 'socket');
  const supervised = await openSupervisor(t, { workers: 4 });
  await supervised.call('start');
  await supervised.call('control', { path: socket });
  const screen = await onScreen(t, topOf(socket), { NO_COLOR: '1', LC_ALL: 'C' });
  await screen.shows(/ RESTARTS +AGE/);
  for (const [columns, rows] of [
    [40, 24],
    [20, 8],
    [100, 6],
  ] as const) {
    screen.resize(columns, rows);
    await until(`a frame of ${columns} × ${rows}`, () => {
      const lines = screen.lines();
      return lines.length === rows && lines.every((line) => line.length <= columns);
    }).catch((error) => {
      throw new Error(`${error.message}\n${JSON.stringify(screen.lines())}`);
    });
    t.match(
      screen.lines().find((line) => / SEAT/.test(line)),
      / STATE/,
    );
  }
  t.notMatch(screen.lines().join(), ' 3  ', 'there are more rows than fit');
  screen.keys(DOWN.repeat(3));
  await screen.shows(/^ +3 +\d+ ready/);
  for (const colour of ['31', '32', '33']) t.notMatch(screen.written(), `\x1b[${colour}m`);
  t.equal(Buffer.byteLength(screen.written()), screen.written().length, 'nothing but ASCII');
  screen.keys('q');
  t.equal(await screen.end, 0);
});

test('it goes on with the next primary', needsScreen, async (t) => {
  const socket = path.join(temporaryDirectory(t), 'socket');
  const first = await openSupervisor(t, { workers: 1 });
  await first.call('start');
  await first.call('control', { path: socket });
  const screen = await onScreen(t, topOf(socket));
  await screen.shows(/^1 of 1 ready/);
  first.child.kill('SIGKILL');
  await screen.shows(/^waiting for .*socket/);
  t.match(screen.lines().join('\n'), /^1 of 1 ready/m, 'what was last known stays');
  const second = await openSupervisor(t, { workers: 2 });
  await second.call('start');
  await second.call('control', { path: socket });
  await screen.shows(/^2 of 2 ready/);
  t.match(screen.lines()[0], `pid ${second.pid} `);
  t.notMatch(screen.lines().join('\n'), 'waiting for');
});
