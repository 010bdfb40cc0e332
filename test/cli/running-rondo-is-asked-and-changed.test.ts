// The commands for a running rondo: what they print for people and as JSON, what they do, and the exit code by which a script
// can tell. Also where the addon is missing.

import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { runCli, temporaryDirectory, writeServer } from '../fixtures/cluster-cli.js';
import { copyPackage } from '../fixtures/cluster-package.js';
import { until } from '../fixtures/faults.js';
import { transports } from '../fixtures/harness.js';
import { commandsIn, does, fails, QUICK, start } from '../fixtures/rondo-commands.js';
import { APP } from '../fixtures/supervisor.js';

const [transport] = transports();

test('what is done', async (t) => {
  const { run, rondo, env } = start(t);
  const port = await run.listening(2);
  await does(
    t,
    rondo('status'),
    new RegExp(
      [
        `^supervisor-app \\(pid ${run.child.pid}\\): ${APP}`,
        'up [\\d.]+ m?s, rondo \\S+, Node \\S+',
        `running, 2 of 2 workers ready; ${transport}, policy round-robin, window auto`,
        `idle connections: stay \\(${transport === 'ipc' ? 'off' : 'no slow requests'}\\), 0 moved`,
        '',
        'SEAT +STATE +PID +UP +OPEN +PENDING +HANDED .*',
        `0 +ready +${run.workers().find(({ seat }) => seat === 0)?.pid} .*`,
        '1 +ready +\\d+ .*',
        '',
        'LISTENER +ADDRESS +STATE +POLICY +ACCEPTED +TURNED AWAY',
        `0 +127.0.0.1:${port} +open +round-robin +0 +0\n$`,
      ].join('\n'),
    ),
  );
  await does(t, rondo('reload'), /^reloaded in \d+ ms\n$/);
  await does(t, rondo('scale', '3'), /^3 workers\n$/);
  await does(t, rondo('drain', '1'), /^seat 1 is drained\n$/);
  await does(t, rondo('status'), /\nlast reload: done after .* ago\n(?:.|\n)*\n1 +drained +- /);
  await does(t, rondo('restart', '1'), /^seat 1 has a new worker\n$/);
  await does(t, rondo('pause', String(port)), new RegExp(`^paused: 127.0.0.1:${port}\n$`));
  await does(t, rondo('status'), / paused /);
  await does(t, rondo('resume'), new RegExp(`^resumed: 127.0.0.1:${port}\n$`));
  await does(t, rondo('set', 'policy=weighted', 'window=3'), /^policy=weighted window=3\n$/);
  await does(
    t,
    rondo('set', '--seat', '2', 'weight=5', 'maxConnections=none'),
    /^seat 2: weight=5/,
  );
  await does(t, rondo('set', '--listener', '0', 'maxQueueMs=9'), /^listener 0: maxQueueMs=9\n$/);
  await does(t, rondo('set', 'policy={"name":"source-ip","bound":2}'), /source-ip/);
  const status = JSON.parse((await rondo('status', '--json')).stdout);
  t.match(status, {
    dealing: { policy: 'source-ip', window: 3 },
    seats: [{}, {}, { weight: 5 }],
  });
  const tooMany = runCli(t, ['logs', '-n', '1001'], env);
  t.equal(await tooMany.end, 2);
  t.match(
    tooMany.stderr(),
    /^rondo: --lines must be an integer from 0 to 1000\. Received '1001'$/m,
  );
  await does(t, rondo('logs', '-n', '1', '--json'), /^\{"time":"[^"]*","event":"action".*\}\n$/);
  await does(
    t,
    rondo('logs', '-n', '2'),
    /^\S+Z [^\n]*\n\S+Z configure \(policy .*rondo set .*\n$/,
  );

  const follow = runCli(t, ['logs', '-f', '-n', '1'], env);
  await until('it follows', () => follow.stdout() !== '');
  await does(t, rondo('stop'), /^stopped\n$/);
  t.equal(await run.end, 0);
  t.equal(await follow.end, 0);
  t.match(follow.stdout(), /Z stopped\n$/, 'who follows the log sees its end');
  await fails(t, rondo('status'), 3, /no rondo of this user runs \(looked in /);
});

test('what cannot be done', async (t) => {
  const { run, rondo } = start(t);
  await run.listening(2);
  await fails(t, rondo('scale', '0'), 2, /'workers' must be .* Received 0\n$/);
  await fails(t, rondo('scale'), 2, /usage: rondo scale N/);
  await fails(t, rondo('scale', 'many'), 2, /N must be an integer. Received 'many'/);
  await fails(t, rondo('scale', '2', '3'), 2, /scale: unexpected '3'/);
  await fails(t, rondo('status', '--nmae', 'x'), 2, /'--nmae'/);
  await fails(t, rondo('restart', '9'), 2, /'seat' must be an integer from 0 to 1. Received 9\n$/);
  await fails(t, rondo('set', 'policy=fair'), 2, /'policy' must be one of .* Received 'fair'\n$/);
  await fails(t, rondo('set', 'workers=2'), 2, /no option 'workers'/);
  await fails(t, rondo('set', 'policy'), 2, /'policy' must be key=value/);
  await fails(t, rondo('set', '--seat', '0', '--listener', '0', 'weight=1'), 2, /together/);
  await fails(t, rondo('pause', 'x'), 2, /'listener' must be one of those that are open/);
  await fails(t, rondo('logs', '--reopen'), 1, /There is no log file\n$/);
  await rondo('drain', '1');
  await fails(t, rondo('drain', '0'), 1, /No other worker is ready than that of seat 0\n$/);
  await does(t, rondo('drain', '0', '--force'), /^seat 0 is drained\n$/);
});

test('an upgrade that is refused', async (t) => {
  const { run, rondo } = start(t, [APP, ...QUICK], { through: ['timeout', '60'] });
  await run.listening(2);
  await fails(t, rondo('upgrade'), 1, /No upgrade: timeout .* has started this process/);
  const { stdout } = await rondo('upgrade', '--json');
  t.match(JSON.parse(stdout).error, { code: 'ERR_RONDO_UPGRADE_REFUSED' });
  await does(t, rondo('stop'), /^stopped\n$/);
  t.equal(await run.end, 0);
});

test('who asked is in the log', async (t) => {
  const { run, rondo } = start(t, [APP, ...QUICK, '--json']);
  await run.says(/"worker:ready"/);
  await rondo('scale', '1');
  await rondo('scale', '1000');
  const lines = run
    .stderr()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    lines.filter(({ event }) => event === 'action'),
    [
      { action: 'scale', arguments: { workers: 1 }, error: null, by: { command: 'rondo scale 1' } },
      { action: 'scale', arguments: { workers: 1000 }, error: null },
      { action: 'scale', error: /Received 1000/ },
    ],
  );
});

test('a reload that fails, or is refused', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'app.cjs');
  const config = path.join(directory, 'rondo.json');
  writeServer(file, 'one');
  writeFileSync(config, '{}');
  const { run, rondo } = start(t, [file, ...QUICK, '--config', config]);
  await run.listening(2);
  writeFileSync(file, "console.error('the database is not there'); process.exit(5);");
  await fails(t, rondo('reload'), 1, /worker 0 .* ended with code 5\nthe database is not there\n$/);
  const { stdout, code } = await rondo('reload', '--json');
  t.equal(code, 1);
  const { error } = JSON.parse(stdout);
  const wanted = { code: 'ERR_RONDO_RELOAD_FAILED', seat: 0, lastOutput: /the database/ };
  t.match(error, wanted);
  await does(t, rondo('status'), /\nlast reload: failed after .*: worker 0 .* ended with code 5\n/);
  writeFileSync(config, '{ "wrokers": 2 }');
  await fails(t, rondo('reload'), 1, /no option 'wrokers'/);
  t.match(await rondo('restart', '1'), { code: 1, stderr: /the database is not there/ });
});

test("node:cluster's own scheduling, where the addon is missing", async (t) => {
  const { register } = copyPackage(t, { hasAddon: false });
  const bin = path.join(path.dirname(fileURLToPath(register)), 'cli/main.js');
  const file = path.join(temporaryDirectory(t), 'app.mjs');
  copyFileSync(APP, file);
  const env = { XDG_RUNTIME_DIR: temporaryDirectory(t), RONDO_NATIVE: '' };
  const run = runCli(t, ['start', file, ...QUICK], env, { bin });
  await run.listening(2);
  const rondo = commandsIn(t, env);
  await does(t, rondo('status'), /2 of 2 workers ready; node:cluster's own scheduling\n/);
  await does(t, rondo('reload'), /^reloaded/);
  await does(t, rondo('drain', '1'), /^seat 1 is drained/);
  await does(t, rondo('restart', '1'), /^seat 1 has a new worker/);
  const own = /With node:cluster's own scheduling rondo has no listeners/;
  await fails(t, rondo('pause'), 1, own);
  await fails(t, rondo('set', '--seat', '0', 'weight=2'), 1, own);
  await does(t, rondo('stop'), /^stopped/);
});
