// What Watt runs in each of its workers: the handler that all contestants serve. Says, in a file, which thread it is.
import { readlinkSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { threadId, workerData } from 'node:worker_threads';
import { HANDLERS } from '../handlers.mjs';

const { BENCH_THREADS = '', BENCH_HANDLER = '' } = process.env;

export function create() {
  const index = workerData?.worker?.index ?? 0;
  // PID/task/TID; what is synchronous runs in this thread.
  const thread = path.basename(readlinkSync('/proc/thread-self'));
  const file = path.join(BENCH_THREADS, String(index));
  writeFileSync(`${file}.${threadId}`, thread);
  renameSync(`${file}.${threadId}`, file);
  return HANDLERS[BENCH_HANDLER](`w${index}`);
}
