// `rondo bench` works where the package is installed, without a checkout, a compiler and the development
// dependencies: what only those have is left out and named.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { underLoad } from '../fixtures/loadgen.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAMS = ['loadgen', 'bare', 'reuseport_listen'];

/** The package as npm would install it, on a machine for which it has prebuilds: its directory. */
function install(t: Test): string {
  // Not below this checkout, where the development dependencies would be found.
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-package-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const pack = ['pack', '--ignore-scripts', '--pack-destination', directory, '--json'];
  const [{ filename }] = JSON.parse(execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }));
  execFileSync('tar', ['-xzf', path.join(directory, filename), '-C', directory]);
  const installed = path.join(directory, 'package');
  const prebuilds = path.join(installed, 'prebuilds', `${process.platform}-${process.arch}`);
  mkdirSync(prebuilds, { recursive: true });
  const built = path.join(ROOT, 'build/Release');
  const addon = path.join(installed, 'build/Release/rondo.node');
  mkdirSync(path.dirname(addon), { recursive: true });
  copyFileSync(path.join(built, 'rondo.node'), addon);
  for (const name of PROGRAMS) copyFileSync(path.join(built, name), path.join(prebuilds, name));
  return installed;
}

test('installed', underLoad, (t) => {
  const directory = install(t);
  const out = path.join(directory, 'out');
  const bench = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(directory, 'dist/cli/main.js'), 'bench', ...args], {
      encoding: 'utf8',
    });

  t.match(bench('--list'), { status: 0, stdout: /^ {2}storm .*^ {2}rondo-native /ms });

  const names = 'rondo-native,cluster-rondo,reuseport,bare-dispatcher,pm2';
  const args = ['--scenario', 'storm', '--rounds', '1', '--connections', '1000'];
  const run = bench(...args, '--contestant', names, '--out', out);
  t.equal(run.status, 0, 'no cell is void', { stdout: run.stdout, stderr: run.stderr });
  t.match(run.stdout, 'not applicable: pm2, it is not installed');
  t.match(run.stderr, 'no report.html, which vega, vega-lite and svgo draw: Cannot find');
  const cells = readFileSync(path.join(out, 'results.jsonl'), 'utf8').trim().split('\n');
  t.equal(cells.length, 4);

  t.equal(bench('compare', out, out).status, 2, 'one round is too few to compare');
  t.match(bench('serve'), { status: 2, stderr: /^no contestant ''/ });
  t.end();
});
