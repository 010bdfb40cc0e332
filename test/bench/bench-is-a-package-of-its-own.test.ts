// The benchmark is the package @rondo/bench: rondo comes without it and says how to run it; installed beside
// rondo it works without a checkout and a compiler, with no more than it declares; and it is not packed without its programs.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { start } from '../fixtures/bench-program.js';
import { underLoad } from '../fixtures/loadgen.js';
import { pack } from '../fixtures/packed.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BENCH = path.join(ROOT, 'bench');
const { PLATFORMS, PROGRAMS } = await import(path.join(BENCH, 'lib/programs.mjs'));
const STORM = ['--scenario', 'storm', '--rounds', '1', '--connections', '1000'];
const manifest = JSON.parse(readFileSync(path.join(BENCH, 'package.json'), 'utf8'));

/** Where no package is found but its own and those beside it. */
function run(program: string, ...args: string[]) {
  const options = { cwd: path.dirname(program), encoding: 'utf8' as const };
  return spawnSync(process.execPath, [program, ...args], options);
}

test('as packages', underLoad, async (t) => {
  const packed = pack(t);
  const args = ['pack', '--ignore-scripts', '--pack-destination', packed.directory, '--json'];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: BENCH, encoding: 'utf8' }));
  const archive = path.join(packed.directory, filename);

  /** Beside rondo, as npm would install it, with these of its dependencies: its directory. */
  function install(to: string, dependencies: string[]): string {
    const modules = path.dirname(packed.extract(to));
    const place = path.join(modules, '@rondo/bench');
    mkdirSync(place, { recursive: true });
    execFileSync('tar', ['-xzf', archive, '-C', place, '--strip-components=1']);
    const prebuilds = path.join(place, 'prebuilds', `${process.platform}-${process.arch}`);
    mkdirSync(prebuilds, { recursive: true });
    for (const name of PROGRAMS) {
      cpSync(path.join(ROOT, 'build/Release', name), path.join(prebuilds, name));
    }
    for (const name of dependencies) {
      symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
    }
    return place;
  }

  t.test('rondo alone', (t) => {
    const rondo = packed.extract('alone');
    t.notOk(existsSync(path.join(rondo, 'bench')), 'comes without it');
    const { status, stderr } = run(path.join(rondo, 'dist/cli/main.js'), 'bench', '--list');
    t.equal(status, 2);
    t.match(stderr, /^rondo: bench: .*'npx @rondo\/bench'/, 'and says how to run it');
    t.end();
  });

  t.test('beside rondo, with what it declares', (t) => {
    const place = install('beside', Object.keys(manifest.dependencies));
    const out = path.join(packed.directory, 'out');
    const cli = path.join(place, '../../rondo/dist/cli/main.js');
    t.match(run(cli, 'bench', '--list'), {
      status: 0,
      stdout: /^ {2}storm .*^ {2}rondo-native /ms,
    });
    const names = 'rondo-native,cluster-rondo,reuseport,bare-dispatcher,pm2';
    const ended = run(cli, 'bench', ...STORM, '--contestant', names, '--out', out);
    t.equal(ended.status, 0, 'no cell is void', ended);
    const cells = readFileSync(path.join(out, 'results.jsonl'), 'utf8').trim().split('\n');
    t.equal(cells.length, 5);
    t.match(readFileSync(path.join(out, 'report.html'), 'utf8'), '<svg', 'with its report');

    t.equal(run(cli, 'bench', 'compare', out, out).status, 2, 'one round is too few to compare');
    t.match(run(cli, 'bench', 'serve'), { status: 2, stderr: /^no contestant ''/ });
    t.end();
  });

  t.test('beside rondo alone', async (t) => {
    const place = install('bare', []);
    const main = path.join(place, manifest.bin['rondo-bench']);
    t.test('what it only draws and compares with is left out and named', (t) => {
      const out = path.join(place, 'out');
      const ended = run(main, ...STORM, '--contestant', 'rondo-native,pm2', '--out', out);
      t.equal(ended.status, 0, 'no cell is void', ended);
      t.match(ended.stdout, 'not applicable: pm2, it is not installed');
      t.match(ended.stderr, 'no report.html, which vega, vega-lite and svgo draw: Cannot find');
      t.end();
    });

    t.test('no arguments: the quick run, into a directory of its own', async (t) => {
      const directory = path.join(packed.directory, 'cwd');
      mkdirSync(directory);
      const { child, ended, isClean } = start(t, main, [], { cwd: directory });
      const results = path.join(directory, 'rondo-bench/results.jsonl');
      while (!existsSync(results) || readFileSync(results, 'utf8') === '') await delay(10);
      child.kill('SIGTERM');
      const { stdout } = await ended;
      t.equal(child.exitCode, 143);
      t.match(stdout, /, 2 workers, 5 rounds$/m);
      const [cell = ''] = readFileSync(results, 'utf8').split('\n');
      t.match(JSON.parse(cell), { scenario: 'storm', asked: { connections: 20_000 } });
      t.same(readdirSync(directory), ['rondo-bench'], 'nowhere else');
      t.ok(await isClean(), 'nothing is left');
    });
  });
});

test('packing without the programs', (t) => {
  const copy = path.join(t.testdir(), 'bench');
  mkdirSync(path.join(copy, 'lib'), { recursive: true });
  for (const file of ['package.json', 'main.mjs', 'package/prepack.mjs', 'lib/programs.mjs']) {
    cpSync(path.join(BENCH, file), path.join(copy, file));
  }
  const npmPack = () => spawnSync('npm', ['pack', '--dry-run'], { cwd: copy, encoding: 'utf8' });
  const refused = npmPack();
  t.not(refused.status, 0);
  for (const platform of PLATFORMS) {
    const command = `'npm run build:programs -- ${platform.split('-')[1]}'`;
    t.match(refused.stderr, `prebuilds/${platform} has no ${PROGRAMS.join(', ')}`);
    t.match(refused.stderr, command);
  }
  for (const platform of PLATFORMS) {
    for (const name of PROGRAMS) {
      cpSync(path.join(BENCH, 'main.mjs'), path.join(copy, 'prebuilds', platform, name));
    }
  }
  t.equal(npmPack().status, 0, 'with them it is packed');
  t.end();
});
