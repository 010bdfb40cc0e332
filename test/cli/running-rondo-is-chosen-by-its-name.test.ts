// Which running rondo a command is for: the one that is named, or the only one, else an error that lists them. A rondo whose
// name or place is another's does not start, and one without a place starts without a control socket.

import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { commandsIn, does, fails, QUICK, start } from '../fixtures/rondo-commands.js';
import { APP } from '../fixtures/supervisor.js';

test('which one', async (t) => {
  const env = { XDG_RUNTIME_DIR: temporaryDirectory(t) };
  const rondo = commandsIn(t, env);
  const first = runCli(t, ['start', APP, ...QUICK], env);
  await first.listening(2);
  const second = runCli(t, ['start', APP, ...QUICK, '--name', 'shop'], env);
  await second.listening(2);
  await does(
    t,
    rondo('status', '--name', 'shop'),
    new RegExp(`^shop \\(pid ${second.child.pid}\\)`),
  );
  const pids = [first, second].map(({ child }) => child.pid);
  const names = `supervisor-app \\(pid ${pids[1]}, .*\\)`;
  await fails(
    t,
    rondo('status'),
    3,
    new RegExp(`several; say which by --name: shop \\(pid ${pids[1]}, `),
  );
  await fails(t, rondo('status'), 3, new RegExp(names.replace(String(pids[1]), String(pids[0]))));
  await fails(t, rondo('reload', '--name', 'x'), 3, /no rondo 'x'; there is shop \(pid/);
  await fails(t, rondo('reload', '--name', '../x'), 2, /'--name' must be a name/);
  const file = path.join(env.XDG_RUNTIME_DIR, 'rondo', 'shop.sock');
  await does(t, rondo('status', '--control', file), /^shop /);
  await fails(t, rondo('status', '--control', `${file}x`), 3, /no rondo listens at '.*x'/);
  // The same name, the same place, and a place where none can be.
  const own = (...words: string[]) => rondo('start', APP, ...QUICK, ...words);
  await fails(t, own('--name', 'shop'), 2, new RegExp(`in use by process ${pids[1]}\n`));
  await fails(t, own('--control', file), 2, new RegExp(`in use by process ${pids[1]}\n`));
  await fails(t, own('--control', `${file}/x`), 2, /ENOTDIR/);
  await fails(t, own('--control', APP), 2, /no socket, and is left alone/);
  const third = runCli(t, ['start', APP, ...QUICK], env);
  await third.listening(2);
  const there = readdirSync(path.dirname(file)).sort();
  t.strictSame(there, ['shop.sock', 'supervisor-app-2.sock', 'supervisor-app.sock']);
  await does(t, rondo('stop', '--name', 'supervisor-app-2'), /^stopped/);
  t.equal(await third.end, 0);
  // One that stands is there, and does not answer.
  first.child.kill('SIGSTOP');
  await fails(t, rondo('status'), 3, /supervisor-app \(does not answer\)/);
  first.child.kill('SIGCONT');
  first.child.kill('SIGKILL');
  await first.end;
  await does(t, rondo('status'), /^shop /);
  second.child.kill('SIGTERM');
  t.equal(await second.end, 0);
  t.strictSame(readdirSync(path.dirname(file)), ['supervisor-app.sock'], 'what a SIGKILL leaves');
});

test('without a control socket', async (t) => {
  const { run, rondo } = start(t, [APP, ...QUICK, '--control', 'off']);
  await run.listening(2);
  await fails(t, rondo('status'), 3, /no rondo of this user runs/);
  t.notMatch(run.stderr(), /control/);
});

test('where the default place cannot be used', async (t) => {
  const XDG_RUNTIME_DIR = path.join(temporaryDirectory(t), 'x'.repeat(80));
  mkdirSync(XDG_RUNTIME_DIR);
  const run = runCli(t, ['start', APP, ...QUICK], { XDG_RUNTIME_DIR });
  await run.says(/rondo: without a control socket: .* is too long for a Unix socket\n/);
  await run.listening(2);
});
