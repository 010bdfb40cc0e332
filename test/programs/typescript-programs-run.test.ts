// A program in TypeScript runs where Node leaves types out by itself, with a flag where that needs one, and else
// with the tsx that the program has; it is reloaded and drained as any other. Without any of these it is a clear error.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { typeScriptWords } from '../../src/supervisor/typescript.js';
import {
  ask,
  begin,
  bodyOf,
  noneIsLeft,
  runCli,
  temporaryDirectory,
} from '../fixtures/cluster-cli.js';
import { isAlive, until } from '../fixtures/faults.js';

const tsx = fileURLToPath(new URL('../../node_modules/tsx', import.meta.url));
const stripsTypes = strips();

function strips(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major >= 23 || (major === 22 && minor >= 6);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  });
}

/** Its types are such that JavaScript could not be. */
function programOf(file: string, version: string): string {
  const load = file.endsWith('.cts')
    ? "const http = require('node:http') as typeof import('node:http');"
    : "import http, { type IncomingMessage } from 'node:http';";
  return `${load}
interface Answer { version: string; file: string }
const answer: Answer = { version: '${version}', file: __FILE__ };
http.createServer((request, response) => {
  if (request.url === '/slow') {
    response.write(' ');
    process.once('rondo:drain' as 'exit', () => setTimeout(() => response.end('"whole"'), 50));
  } else response.end(JSON.stringify(answer satisfies Answer));
}).listen(0, '127.0.0.1');
`.replace('__FILE__', file.endsWith('.cts') ? '__filename as string' : 'import.meta.url!');
}

function directoryWith(t: Test, hasTsx: boolean): string {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, 'package.json'), '{"type": "module"}');
  mkdirSync(path.join(directory, 'node_modules'));
  if (hasTsx) symlinkSync(tsx, path.join(directory, 'node_modules/tsx'));
  return directory;
}

for (const name of ['server.ts', 'server.mts', 'server.cts']) {
  test(name, async (t) => {
    const directory = directoryWith(t, true);
    const file = path.join(directory, name);
    writeFileSync(file, programOf(name, 'one'));
    const agent = path.join(directory, `agent${path.extname(name)}`);
    const agentText =
      "const word: string = 'ready'; process.send!(word); setInterval(() => {}, 1000);";
    writeFileSync(agent, agentText);
    const args = ['start', file, '-w', '1', '--min-uptime', '0', '--agent', agent];
    const run = runCli(t, args, {}, { cwd: directory });
    const port = await run.listening(1);
    t.match(JSON.parse(await ask(port)), { version: 'one', file: new RegExp(`${name}$`) });
    t.match(run.stderr(), /agent \(pid \d+\) ready/);
    const slow = await begin(port, '/slow');
    writeFileSync(file, programOf(name, 'two'));
    run.child.kill('SIGHUP');
    await run.says(/reload: done/);
    t.match(JSON.parse(await ask(port)), { version: 'two' });
    t.equal(await bodyOf(slow), ' "whole"', 'what was in flight is answered');
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
    await noneIsLeft(run);
  });
}

test('a loader whose helper has ended, as by a signal to the whole group', async (t) => {
  const directory = directoryWith(t, true);
  writeFileSync(path.join(directory, 'server.ts'), programOf('server.ts', 'one'));
  const args = ['start', 'server.ts', '-w', '1', '--import', 'tsx'];
  const run = runCli(t, args, {}, { cwd: directory });
  t.match(JSON.parse(await ask(await run.listening(1))), { version: 'one' });
  const helpers = childrenOf(run.workers()[0]?.pid ?? 0);
  t.ok(helpers.length > 0, 'it has a helper');
  for (const pid of helpers) process.kill(pid, 'SIGKILL');
  await until('it is gone', () => !helpers.some(isAlive));
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.match(run.stderr(), /worker 0 \(pid \d+\) ended with code 0 .*; drained in/);
});

test('where nothing can run it', async (t) => {
  const directory = directoryWith(t, false);
  writeFileSync(path.join(directory, 'server.ts'), programOf('server.ts', 'one'));
  const off = stripsTypes ? ['--node-arg', '--no-experimental-strip-types'] : [];
  const run = runCli(t, ['start', 'server.ts', ...off], {}, { cwd: directory });
  t.equal(await run.end, 2);
  t.match(run.stderr(), /'server\.ts' is TypeScript, and Node .*npm install tsx/);
  t.notMatch(run.stderr(), /worker/);
});

test('which way', (t) => {
  const file = path.join(temporaryDirectory(t), 'server.ts');
  const flag = ['--experimental-strip-types'];
  const rows: Array<[version: string, words: string[], added: string[] | null]> = [
    ['20.19.0', [], null],
    ['22.12.0', [], flag],
    ['22.17.1', [], flag],
    ['22.18.0', [], []],
    ['23.5.0', [], flag],
    ['23.6.0', [], []],
    ['24.0.0', [], []],
    ['26.12.1', ['--no-strip-types'], null],
    ['22.18.0', ['--no-experimental-strip-types'], null],
    ['20.19.0', ['--import', 'tsx'], []],
    ['20.19.0', ['--import', 'file:///srv/node_modules/tsx/dist/loader.mjs'], []],
    ['20.19.0', ['--loader=ts-node/esm'], []],
    ['20.19.0', ['-r', '@swc-node/register'], []],
    ['20.19.0', ['--import', './tsxt.mjs'], null],
    ['22.12.0', ['--experimental-transform-types'], []],
  ];
  for (const [version, words, added] of rows) {
    const name = `${version} ${words.join(' ')}`;
    const get = (): string[] => typeScriptWords(file, words, '', version);
    if (added === null) t.throws(get, { code: 'ERR_RONDO_INVALID_OPTION', option: 'exec' }, name);
    else t.strictSame(get(), added, name);
  }
  t.strictSame(typeScriptWords('server.js', [], '', '20.19.0'), []);
  t.strictSame(typeScriptWords(file, [], '--import tsx', '20.19.0'), [], 'by NODE_OPTIONS');
  t.end();
});
