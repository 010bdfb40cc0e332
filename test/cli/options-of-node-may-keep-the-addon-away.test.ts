// Options of Node by which workers cannot load the addon: node:cluster's own scheduling is used, after one warning that
// names the option; where the native transport is demanded that is an error.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const HAS_PERMISSIONS = process.allowedNodeEnvironmentFlags.has('--permission');
const ASKED: Array<[name: string, words: string[], skip: string | false]> = [
  ['--no-addons', ['--no-addons'], false],
  [
    '--permission',
    ['--permission', '--allow-fs-read=*'],
    !HAS_PERMISSIONS && 'not in this Node.js',
  ],
];

for (const [name, words, skip] of ASKED) {
  const args = ['start', '-w', '2', ...words.map((word) => `--node-arg=${word}`)];
  const reason = `${name} keeps the workers from loading the addon`;

  test(name, { skip }, async (t) => {
    const run = runCli(t, [...args, fixture('cluster-app.mjs')], { RONDO_NATIVE: '' });
    const { status } = await fetch(`http://127.0.0.1:${await run.listening(2)}/`);
    t.equal(status, 200);
    const warnings = run.stderr().match(/\[RONDO_CLUSTER_FALLBACK\] .*/g);
    t.strictSame(warnings, [
      `[RONDO_CLUSTER_FALLBACK] RondoWarning: node:cluster's own scheduling is used: ${reason}`,
    ]);
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
  });

  test(`${name}, and the native transport is demanded`, { skip }, async (t) => {
    const run = runCli(t, [...args, fixture('cluster-app.mjs')], { RONDO_NATIVE: '1' });
    t.equal(await run.end, 1);
    t.match(run.stderr(), reason);
  });
}

for (const [name, before, env] of [
  ['in its settings', "cluster.setupPrimary({ execArgv: ['--no-addons'] });", 'null'],
  ['for the first worker', '', "{ NODE_OPTIONS: '--no-addons' }"],
]) {
  test(`the drop-in, ${name}`, async (t) => {
    const file = path.join(temporaryDirectory(t), 'program.cjs');
    writeFileSync(
      file,
      `const cluster = require('node:cluster');
      if (cluster.isPrimary) {
        ${before}
        cluster.fork(${env}).once('listening', () => cluster.disconnect());
      } else require('node:http').createServer().listen(0);`,
    );
    const { status, stderr } = spawnSync(process.execPath, ['--import', REGISTER, file], {
      encoding: 'utf8',
      env: { ...process.env, RONDO_NATIVE: '' },
    });
    t.equal(status, 0, stderr);
    t.match(stderr, /scheduling is used: --no-addons keeps the workers from loading the addon/);
  });
}
