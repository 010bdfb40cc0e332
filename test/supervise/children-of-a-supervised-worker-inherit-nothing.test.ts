// What a worker's program starts knows nothing of the supervision: no variable, no preload, no
// listener. And the program sees none of it in its own command line.

import type * as childProcess from 'node:child_process';
import type * as workerThreads from 'node:worker_threads';
import { test } from 'tap';
import { fixture } from '../fixtures/harness.js';
import { startSupervised, ways } from '../fixtures/supervised.js';

const file = fixture('inherits.cjs');
const nothing = { variables: [], execArgv: [], preloads: [], listeners: [] };

for (const way of ways) {
  test(`a process, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way, { settings: { guard: true } });
    const found = await worker.run(({ require }, file) => {
      const { execFileSync } = require('node:child_process') as typeof childProcess;
      return execFileSync(process.execPath, [...process.execArgv, file], { encoding: 'utf8' });
    }, file);
    t.strictSame(JSON.parse(found), nothing);
    const forked = await worker.run(({ require, once }, file) => {
      const { fork } = require('node:child_process') as typeof childProcess;
      const child = fork(file, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
      return once(child.stdout as NodeJS.ReadableStream, 'data').then(([data]) => String(data));
    }, file);
    t.strictSame(JSON.parse(forked).execArgv, []);
    t.strictSame(JSON.parse(forked).preloads, []);
    t.strictSame(JSON.parse(forked).variables, []);
  });

  test(`a thread, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way, { settings: { guard: true } });
    const found = await worker.run(({ require, once }, file) => {
      const { Worker } = require('node:worker_threads') as typeof workerThreads;
      return once(new Worker(file), 'message').then(([message]) => message);
    }, file);
    // Node runs the process's preloads in each thread, where they do nothing.
    const { variables, listeners, execArgv } = found;
    t.strictSame({ variables, listeners }, { variables: [], listeners: [] });
    t.notMatch(execArgv.join(), 'supervise');
  });

  test(`the program itself, ${way.name}`, way.options, async (t) => {
    const worker = await startSupervised(t, way, { settings: { guard: true } });
    const own = await worker.run(() => ({
      execArgv: process.execArgv,
      variables: Object.keys(process.env).filter((name) =>
        /^RONDO_(SUPERVISED|CHANNEL|PRELOAD)/.test(name),
      ),
    }));
    t.strictSame(own, { execArgv: [], variables: [] });
  });
}
