// --config with a module: what it exports, or what its function returns, is what JSON would have. It is read anew by
// each reload, with all that it imports; what is wrong with it names the file, and the key.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type RondoConfig } from 'rondo';
import { type Test, test } from 'tap';
import { parseArguments, type StartArguments } from '../../dist/cli/arguments.js';
import { readConfig } from '../../dist/cli/config-file.js';
import { SettingsSource } from '../../dist/cli/settings.js';
import { validate } from '../../dist/supervisor/program.js';
import { ask, type Run, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, openFds } from '../fixtures/harness.js';

const APP = fixture('supervisor-app.mjs');
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Place {
  cwd: string;
  write(name: string, text: string): void;
}

function place(t: Test): Place {
  const cwd = temporaryDirectory(t);
  return { cwd, write: (name, text) => writeFileSync(path.join(cwd, name), text) };
}

async function version(port: number): Promise<string> {
  return (JSON.parse(await ask(port)) as { version: string }).version;
}

async function reload(run: Run): Promise<void> {
  const count = (): number => run.stderr().match(/^rondo: reload: done/gm)?.length ?? 0;
  const before = count();
  run.child.kill('SIGHUP');
  await until('it has reloaded', () => count() > before);
}

test('a module, and what it imports', async (t) => {
  const { cwd, write } = place(t);
  mkdirSync(path.join(cwd, 'node_modules'));
  symlinkSync(ROOT, path.join(cwd, 'node_modules/rondo'));
  write('version.mjs', "export const version = 'one';");
  write(
    'rondo.config.mjs',
    `import { defineConfig } from 'rondo';
    import { version } from './version.mjs';
    console.log('it may say something');
    export default defineConfig(async () => ({
      exec: ${JSON.stringify(APP)},
      workers: 2,
      minUptimeMs: 0,
      args: undefined,
      env: { APP_VERSION: version },
    }));`,
  );
  const run = runCli(t, ['start', '--config', 'rondo.config.mjs'], {}, { cwd });
  const port = await run.listening(2);
  t.equal(await version(port), 'one');
  t.match(run.stderr(), /^it may say something$/m);
  t.equal(run.stdout(), '', 'stdout is the workers');
  write('version.mjs', "export const version = 'two';");
  await reload(run);
  t.equal(await version(port), 'two');

  write('version.mjs', 'export const version = ;');
  run.child.kill('SIGHUP');
  await run.says(
    /^rondo: the configuration 'rondo\.config\.mjs': SyntaxError: .*version\.mjs:1\)$/m,
  );
  t.equal(await version(port), 'two', 'the workers serve on');
  write('rondo.config.mjs', `export default { exec: ${JSON.stringify(APP)}, workers: 3 };`);
  await run.listening(5);
  t.pass('the file is watched');
});

for (const name of ['rondo.config.cjs', 'rondo.config.js', 'rondo.json'] as const) {
  test(name, async (t) => {
    const { cwd, write } = place(t);
    const text = JSON.stringify({ exec: path.basename(APP), workers: 1 });
    write(name, name.endsWith('.json') ? text : `module.exports = ${text};`);
    symlinkSync(APP, path.join(cwd, path.basename(APP)));
    const run = runCli(t, ['start', '--config', name], {}, { cwd });
    t.equal(await version(await run.listening(1)), '1');
  });
}

const stripsTypes = Number(process.versions.node.split('.')[0]) >= 22;

test('in TypeScript', { skip: stripsTypes ? false : 'needs Node 22' }, async (t) => {
  const { cwd, write } = place(t);
  const exec = JSON.stringify(APP);
  write('rondo.config.mts', `const exec: string = ${exec};\nexport default { exec, workers: 1 };`);
  const run = runCli(t, ['start', '--config', 'rondo.config.mts'], {}, { cwd });
  t.equal(await version(await run.listening(1)), '1');
});

test('its types', (t) => {
  const config: RondoConfig = defineConfig({ exec: 'server.js', workers: 4, policy: 'random' });
  t.strictSame(config, { exec: 'server.js', workers: 4, policy: 'random' });
  // @ts-expect-error: a number of workers is a number.
  defineConfig({ exec: 'server.js', workers: 'four' });
  // @ts-expect-error: a program of several has to say what it runs.
  defineConfig({ programs: { web: { workers: 1 } } });
  t.end();
});

test('nothing is left of a reading', (t) => {
  const { cwd, write } = place(t);
  write('rondo.mjs', 'setInterval(() => {}, 1000); export default { workers: 1 };');
  const read = (): unknown => readConfig(path.join(cwd, 'rondo.mjs')).settings;
  t.strictSame(read(), { workers: 1 });
  const before = openFds();
  for (let i = 0; i < 5; i++) read();
  t.equal(openFds(), before);
  t.end();
});

const ERRORS: Array<[text: string, said: RegExp]> = [
  ['export default {', /x\.mjs': SyntaxError: .* \(file:.*x\.mjs:1\)/],
  ["\nthrow new Error('no database');", /x\.mjs': Error: no database \(file:.*x\.mjs:2:7\)/],
  ["import './missing.mjs';", /x\.mjs': Error: Cannot find module '.*missing\.mjs'/],
  ['export const workers = 2;', /x\.mjs': it has no default export/],
  ['export default 3;', /x\.mjs' must be an object/],
  ['export default { policy: () => null };', /'policy' must be .* Received a function/],
  ['export default { env: { A: new Map() } };', /'env\.A' must be .* Received a Map/],
  ['export default { workers: NaN };', /'workers' must be .* Received NaN/],
  ['await new Promise(() => {}); export default {};', /it ended before it had exported/],
  ['export default { exec: "x.mjs", workers: 0 };', /x\.mjs': The option 'workers' must be/],
  ['export default { exec: "x.mjs", wrkers: 1 };', /x\.mjs': There is no option 'wrkers'/],
  ["export default { exec: 'no.js' };", /x\.mjs': The option 'exec' must be an existing/],
  ['export default {};', /the file to run is missing, and the configuration has no 'exec'/],
];

test('what is wrong', async (t) => {
  const { cwd, write } = place(t);
  const file = path.join(cwd, 'x.mjs');
  const given = parseArguments(['start', '--config', file]) as StartArguments;
  for (const [text, said] of ERRORS) {
    write('x.mjs', text);
    const take = (): void => {
      const settings = new SettingsSource(given, {});
      try {
        validate(settings.current);
      } catch (error) {
        throw settings.explain(error);
      }
    };
    t.throws(take, { message: said }, text);
  }
  write('x.mjs', 'export default {');
  const run = runCli(t, ['start', '--config', 'x.mjs'], {}, { cwd });
  t.equal(await run.end, 2);
  t.match(
    run.stderr(),
    /^rondo: the configuration 'x\.mjs': SyntaxError: .* \(file:.*x\.mjs:1\)$/m,
  );
});
