/**
 * The preload of `rondo start`'s workers: node:cluster on rondo, and a clean end. A program that
 * handles SIGTERM or SIGINT itself does so; for any other the servers close, what they serve is
 * finished, and the process ends.
 */

import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import '../cluster/register.js';

const file = fileURLToPath(import.meta.url);

// The program's own children are not to have it.
process.execArgv = process.execArgv.filter(
  (word, index, words) => word !== file && !(word === '--require' && words[index + 1] === file),
);

// A thread of the program's has these preloads too.
if (cluster.isWorker) {
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

let isStopping = false;

function stop(signal: NodeJS.Signals): void {
  if (isStopping || process.listenerCount(signal) > 1) return;
  isStopping = true;
  // Whatever else keeps the process running, such as timers, would not have outlived the signal.
  process.once('disconnect', () => process.exit());
  if (process.connected) cluster.worker?.disconnect();
  else process.exit();
}
