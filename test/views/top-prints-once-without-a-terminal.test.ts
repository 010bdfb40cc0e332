// Without a terminal, and with --once, `rondo top` prints a table and ends; with --json all that is known. What is
// wrong is one line, with an exit code that a script can use.

import path from 'node:path';
import { type Test, test } from 'tap';
import { ask, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { openSupervisor, type Supervised } from '../fixtures/supervisor.js';

async function openSocket(t: Test): Promise<{ socket: string; supervised: Supervised }> {
  const socket = path.join(temporaryDirectory(t), 'socket');
  const supervised = await openSupervisor(t, { workers: 2 });
  await supervised.call('start');
  await supervised.call('control', { path: socket });
  return { socket, supervised };
}

test('a table', async (t) => {
  const { socket, supervised } = await openSocket(t);
  const run = runCli(t, ['top', '--control', socket, '--interval', '0.3']);
  t.equal(await run.end, 0);
  t.equal(run.stderr(), '');
  const lines = run.stdout().split('\n');
  t.match(lines[0], new RegExp(`^running {2}supervisor-app {2}up .* pid ${supervised.pid} `));
  t.match(lines[1], /^2 of 2 ready {2}accepted 0\/s {2}open 0 /);
  t.match(
    lines[3],
    /^ +SEAT +PID +STATE +CPU% +MEM +DELAY +UTIL +CONN\/S +OPEN +PEND +RESTARTS +AGE$/,
  );
  for (const [seat, pid] of (await supervised.readyPids()).entries()) {
    t.match(lines[4 + seat], new RegExp(`^ +${seat} +${pid} +ready +`));
  }
  t.equal(lines.length, 7);
  t.notMatch(run.stdout(), /[^\n\x20-\x7e]/);
});

test('--json', async (t) => {
  const { socket, supervised } = await openSocket(t);
  await ask(supervised.port());
  const run = runCli(t, ['top', '--json', '--control', socket]);
  t.equal(await run.end, 0);
  const { pid, seats, dealing } = JSON.parse(run.stdout());
  t.equal(pid, supervised.pid);
  t.equal(seats.length, 2);
  t.ok(dealing === null || dealing.accepted === 1);
});

test('what is wrong', async (t) => {
  const { socket } = await openSocket(t);
  const live = ['--control', socket];
  const cases: Array<[args: string[], code: number, says: RegExp]> = [
    [['--control', '/nowhere/socket'], 3, /^rondo: no rondo listens at '\/nowhere\/socket'$/m],
    [['--interval', '0', ...live], 2, /'--interval' must be a number of seconds .* Received '0'/],
    [['--interval', 'often', ...live], 2, /Received 'often'/],
    [['--inverval', '2'], 2, /'--inverval'/],
    [['more'], 2, /^rondo: top: unexpected 'more'/],
    [['--name', '../x'], 2, /'--name' must be/],
  ];
  for (const [args, code, says] of cases) {
    const run = runCli(t, ['top', ...args]);
    t.equal(await run.end, code, args.join(' '));
    t.match(run.stderr(), says);
    t.equal(run.stdout(), '');
  }
  const help = runCli(t, ['top', '--help']);
  t.equal(await help.end, 0);
  t.match(help.stdout(), /^Usage: rondo top /);
});
