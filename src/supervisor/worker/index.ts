/**
 * The preload of a Supervisor's workers: node:cluster on rondo, and whatever the worker has to do for
 * being watched, drained and replaced. A program's own children and threads inherit nothing of it.
 */

import '../../cluster/register.js';
import cluster from 'node:cluster';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { SUPERVISED_VARIABLE, type WorkerSettings } from '../messages.js';

const file = fileURLToPath(new URL('index.cjs', import.meta.url));

process.execArgv = process.execArgv.filter(
  (word, index, words) => word !== file && !(word === '--require' && words[index + 1] === file),
);

const settings = process.env[SUPERVISED_VARIABLE];
delete process.env[SUPERVISED_VARIABLE];
// Not imported: what register.js requires must not be part of this graph, which is not evaluated yet.
const require = createRequire(import.meta.url);
if (!isMainThread) {
  const { reportThread } = require('./threads.js') as typeof import('./threads.js');
  reportThread();
} else if (settings !== undefined && cluster.isWorker) {
  const { supervise } = require('./supervised.js') as typeof import('./supervised.js');
  supervise(JSON.parse(settings) as WorkerSettings);
}
