// --watch: a change of what the program has loaded, or of what is at the given paths, is followed by one reload, never
// two at once, and by one more if more changes meanwhile. A broken file leaves the old workers until the next change.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { globMatcher, isHidden } from '../../src/cli/watch/globs.js';
import { ask, noneIsLeft, type Run, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';

const FAST = ['-w', '1', '--min-uptime', '0', '--idle-grace', '0'];
/** Whether workers can tell what they have loaded. */
const isKnown = 'registerHooks' in process.getBuiltinModule('node:module');

const SERVER = `import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { text } from './lib/text.mjs';
await delay(Number(process.env.START_MS ?? 0));
http.createServer((_q, response) => response.end(text + (process.env.MORE ?? ''))).listen(0, '127.0.0.1');
`;

interface Watched {
  run: Run;
  port: number;
  write(name: string, text: string): void;
  /** How many reloads have begun, and are over. */
  count(what: 'begins' | 'done' | 'failed'): number;
  /** Resolves when the program says so. */
  says(text: string): Promise<void>;
}

const textOf = (text: string): string => `export const text = '${text}';`;

async function watched(t: Test, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Watched> {
  const cwd = temporaryDirectory(t);
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), text);
  };
  write('server.mjs', SERVER);
  write('lib/text.mjs', textOf('one'));
  write('.env', 'MORE=');
  write('rondo.json', '{}');
  write('views/page.html', '');
  const run = runCli(t, ['start', 'server.mjs', ...FAST, ...args], env, { cwd });
  const port = await run.listening(1);
  await run.says(/^rondo: watching /m);
  const count = (what: string): number =>
    run.stderr().match(new RegExp(`^rondo: reload: ${what}`, 'gm'))?.length ?? 0;
  const says = (text: string): Promise<void> =>
    until(`it says ${text}`, async () => (await ask(port)) === text);
  return { run, port, write, count, says };
}

test('what is loaded', async (t) => {
  const { run, port, write, count, says } = await watched(t, ['--watch']);
  t.match(run.stderr(), isKnown ? /: watching 2 files that are loaded$/m : /: watching \.$/m);
  write('data.txt', 'is no code');
  if (isKnown) write('data.json', '{}');
  write('lib/text.mjs', textOf('two'));
  await says('two');
  await run.says(/^rondo: lib\/text\.mjs has changed$/m);
  await until('the reload is over', () => count('done') === 1);

  write('lib/text.mjs', "import './more.mjs'; export const text = 'three';");
  await until('it fails', () => count('failed') === 1);
  t.equal(await ask(port), 'two', 'the old worker serves on');
  write('lib/more.mjs', 'export {');
  await until('it fails again', () => count('failed') === 2);
  write('lib/more.mjs', 'export {};');
  await says('three');
  t.match(run.stderr(), /^rondo: lib\/more\.mjs has changed$/m, 'also what was not there');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  await noneIsLeft(run);
});

test('while a reload is under way', async (t) => {
  const { write, count, says } = await watched(t, ['--watch'], { START_MS: '400' });
  write('lib/text.mjs', textOf('two'));
  await until('a reload begins', () => count('begins') === 1);
  write('lib/text.mjs', textOf('three'));
  write('server.mjs', `${SERVER}\n`);
  write('lib/text.mjs', textOf('four'));
  await until('one more is over', () => count('done') === 2);
  await says('four');
  write('lib/text.mjs', textOf('five'));
  await says('five');
  await until('it is over', () => count('done') === 3);
  t.equal(count('begins'), 3, 'one for all that came meanwhile');
});

test('variables and the configuration', async (t) => {
  const args = ['--watch', '--env-file-if-exists', '.env', '--config', 'rondo.json'];
  const { run, write, says } = await watched(t, args);
  write('.env', 'MORE=+');
  await says('one+');
  write('rondo.json', '{"env": {"MORE": "-"}}');
  await says('one-');
  t.match(run.stderr(), /^rondo: \.env has changed$[\s\S]*^rondo: rondo\.json has changed$/m);
});

test('paths, but for some', async (t) => {
  const ignore = ['--watch-ignore', '*.tmp', '--watch-ignore', 'views/cache'];
  const { run, write, count } = await watched(t, ['--watch=views,lib', ...ignore]);
  write('views/cache/page.html', '');
  write('views/node_modules/one/index.js', '');
  write('views/.hidden/page.html', '');
  write('views/page.tmp', '');
  write('server.mjs', `${SERVER}\n`);
  write('views/page.html', '');
  await run.says(/^rondo: views\/page\.html has changed$/m);
  await until('the reload is over', () => count('done') === 1);
  t.equal(run.stderr().match(/ changed$/gm)?.length, 1, 'nothing else was seen');
});

for (const [args, said] of [
  [['--watch=no-such-directory'], /--watch: there is no 'no-such-directory'/],
  [['--watch-ignore', '*.tmp'], /'--watch-ignore' needs '--watch'/],
] as Array<[string[], RegExp]>) {
  test(args.join(' '), async (t) => {
    const cwd = temporaryDirectory(t);
    writeFileSync(path.join(cwd, 'server.mjs'), '');
    const run = runCli(t, ['start', 'server.mjs', ...args], {}, { cwd });
    t.equal(await run.end, 2);
    t.match(run.stderr(), said);
  });
}

test('patterns', (t) => {
  const rows: Array<[glob: string, matches: string[], others: string[]]> = [
    ['*.tmp', ['a.tmp', 'b/c/a.tmp', 'a.tmp/b'], ['a.tmpl', 'tmp']],
    ['dist', ['dist', 'dist/a.js', 'b/dist/c'], ['dist2', 'xdist']],
    ['./dist/', ['dist', 'dist/a.js'], ['b/dist/c']],
    ['views/*.html', ['views/a.html'], ['views/b/a.html', 'x/views/a.html']],
    ['views/**/*.html', ['views/a.html', 'views/b/c/a.html'], ['a.html']],
    ['**/fixtures', ['fixtures/a', 'b/fixtures/a'], ['fixture']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'b/a']],
    ['{a,b?}.js', ['a.js', 'bc.js'], ['b.js', '{a,b?}.js']],
    ['a.(js|ts)', ['a.(js|ts)'], ['a.js', 'axjs']],
    ['{a', ['a'], ['b']],
  ];
  for (const [glob, matches, others] of rows) {
    const isMatched = globMatcher([glob], '/srv/app');
    for (const file of matches) t.ok(isMatched(`/srv/app/${file}`), `${glob} matches ${file}`);
    for (const file of others) t.notOk(isMatched(`/srv/app/${file}`), `${glob}, not ${file}`);
  }
  t.notOk(globMatcher([], '/srv')('/srv/a'));
  for (const file of ['node_modules', 'node_modules/a.js', 'b/node_modules/a.js', '.git/HEAD']) {
    t.ok(isHidden(`/srv/.app/${file}`, '/srv/.app'), file);
  }
  for (const file of ['a.js', '.eslintrc.js', '']) {
    t.notOk(isHidden(`/srv/.app/${file}`, '/srv/.app'), file);
  }
  t.end();
});
