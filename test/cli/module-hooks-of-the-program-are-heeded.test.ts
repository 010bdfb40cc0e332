// A program with module hooks (a loader of TypeScript, a tracer, yarn's Plug'n'Play) has a thread for them, which runs
// preloads, too. It starts as it does without rondo, and the hooks see what it loads.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';

const HOOKS = `
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!url.endsWith('/answer.mjs')) return loaded;
  return { ...loaded, source: 'export const answer = "by the hooks";' };
}`;
const REGISTER = `
import { register } from 'node:module';
register('./hooks.mjs', import.meta.url);`;
const ANSWER = `export const answer = 'as on disk';`;
const APP = `
import http from 'node:http';
import { answer } from './answer.mjs';
http.createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1');`;

function program(t: Test): string {
  const directory = temporaryDirectory(t);
  const files = { 'hooks.mjs': HOOKS, 'register.mjs': REGISTER, 'answer.mjs': ANSWER };
  for (const [name, text] of Object.entries({ ...files, 'app.mjs': APP })) {
    writeFileSync(path.join(directory, name), text);
  }
  return directory;
}

for (const options of [[], ['--watch']]) {
  test(['rondo start', ...options].join(' '), (t) => starts(t, options));
}

async function starts(t: Test, options: string[]): Promise<void> {
  const cwd = program(t);
  const args = ['start', '-w', '2', ...options, '--import', './register.mjs', 'app.mjs'];
  const run = runCli(t, args, {}, { cwd });
  const port = await run.listening(2);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  t.equal(await response.text(), 'by the hooks');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  t.notMatch(run.stderr(), /error/i);
}

test('rondo start, with an agent', async (t) => {
  const cwd = program(t);
  writeFileSync(
    path.join(cwd, 'agent.mjs'),
    "process.send('ready'); setInterval(() => {}, 1_000);",
  );
  const NODE_OPTIONS = '--import ./register.mjs';
  const args = ['start', '-w', '1', '--agent', 'agent.mjs', 'app.mjs'];
  const run = runCli(t, args, { NODE_OPTIONS }, { cwd });
  const response = await fetch(`http://127.0.0.1:${await run.listening(1)}/`);
  t.equal(await response.text(), 'by the hooks');
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
});

test('node:cluster with the preload', preloaded.options, async (t) => {
  const cwd = program(t);
  const hooks = path.join(cwd, 'register.mjs');
  const started = await startProgram(t, preloaded, {
    processEnv: { NODE_OPTIONS: `--import ${hooks}` },
  });
  const seen = await started.worker(
    1,
    async (_scope, file) => ((await import(file)) as { answer: string }).answer,
    path.join(cwd, 'answer.mjs'),
  );
  t.equal(seen, 'by the hooks');
});
