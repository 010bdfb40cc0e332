// However `rondo top` ends, the terminal is as it was: no other screen, a cursor, lines and echo. So it is while the
// job is stopped, and after it has been continued everything is drawn anew.

import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import { BIN, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { needsScreen, type OnScreen, onScreen } from '../fixtures/screen.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const { SIGHUP, SIGINT, SIGTERM } = constants.signals;
const [ENTERED, LEFT] = ['\x1b[?1049h', '\x1b[?1049l'];

/** A shell with job control. */
const SHELL = ['bash', '-c', 'set -m; "$@"; echo "stopped $?"; read -r line; fg', 'bash'];

/** An error after some frames. */
const THROWS = `const { write } = process.stdout;
let frames = 0;
process.stdout.write = function (...args) {
  if (++frames === 4) setTimeout(() => { throw new Error('a bug') });
  return write.apply(this, args);
};`;

async function openSocket(t: Test): Promise<string> {
  const socket = path.join(temporaryDirectory(t), 'socket');
  const supervised = await openSupervisor(t, { workers: 1 });
  await supervised.call('start');
  await supervised.call('control', { path: socket });
  return socket;
}

/** The program below the shell. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

function isMainScreen(screen: OnScreen): boolean {
  const written = screen.written();
  const isLast = (one: string, other: string): boolean =>
    written.lastIndexOf(one) > written.lastIndexOf(other);
  return isLast(LEFT, ENTERED) && isLast(LEFT, '\x1b[H') && isLast('\x1b[?25h', '\x1b[?25l');
}

test('at each end', needsScreen, async (t) => {
  const socket = await openSocket(t);
  const command = [BIN, 'top', '--control', socket, '--interval', '0.2'];
  const throwing = `--import=data:text/javascript,${encodeURIComponent(THROWS)}`;
  const signal = (name: NodeJS.Signals) => (screen: OnScreen) =>
    void process.kill(screen.pid(), name);
  const ends: Array<[string, number, (screen: OnScreen) => void, string[]?]> = [
    ['q', 0, (screen) => screen.keys('q')],
    ['Ctrl-C', -SIGINT, (screen) => screen.keys('\x03')],
    ['SIGINT', -SIGINT, signal('SIGINT')],
    ['SIGTERM', -SIGTERM, signal('SIGTERM')],
    ['SIGHUP', -SIGHUP, signal('SIGHUP')],
    ['an error', 1, () => {}, [throwing]],
  ];
  for (const [name, code, end, options = []] of ends) {
    const screen = await onScreen(t, [process.execPath, ...options, ...command]);
    await screen.shows(/^1 of 1 ready/);
    if (options.length === 0) t.notOk(await screen.isCooked(), `${name}: it has the terminal`);
    end(screen);
    t.equal(await screen.end, code, `${name}: the exit code`);
    t.ok(isMainScreen(screen), `${name}: the screen`);
    t.ok(await screen.isCooked(), `${name}: lines and echo`);
    if (options.length > 0) t.match(screen.written().split(LEFT)[1], 'a bug', 'and the error');
  }
});

test('while it is stopped', needsScreen, async (t) => {
  const socket = await openSocket(t);
  const top = [process.execPath, BIN, 'top', '--control', socket, '--interval', '0.2'];
  for (const how of ['Ctrl-Z', 'SIGTSTP'] as const) {
    const screen = await onScreen(t, [...SHELL, ...top]);
    await screen.shows(/^1 of 1 ready/);
    if (how === 'Ctrl-Z') screen.keys('\x1a');
    else process.kill(childOf(screen.pid()), 'SIGTSTP');
    await until('it is stopped', () => /stopped 148\r\n/.test(screen.written()));
    t.ok(isMainScreen(screen), `${how}: the screen`);
    t.ok(await screen.isCooked(), `${how}: lines and echo`);
    const before = screen.written().length;
    screen.keys('\n');
    await until('it is drawn anew', () => {
      const after = screen.written().slice(before);
      return after.includes(ENTERED) && /1 of 1 ready/.test(after.slice(after.indexOf(ENTERED)));
    });
    t.notOk(await screen.isCooked(), `${how}: it has the terminal again`);
    screen.keys('q');
    t.equal(await screen.end, 0);
    t.ok(isMainScreen(screen), `${how}: the screen after its end`);
  }
});
