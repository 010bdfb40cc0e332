// "Remove a stale socket file, then listen", as single-process servers do, and removing it at exit: the path is there
// when a worker has been told that it listens, and when the primary is told that another has ended. readableAll and
// writableAll are heeded. Plain Node has the mode, and loses the path.

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { preloaded, startProgram, ways } from '../fixtures/cluster.js';

for (const way of ways) {
  test(`readableAll and writableAll, ${way.name}`, way.options, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'cluster-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const where = path.join(directory, 'socket');
    const program = await startProgram(t, way);
    await program.worker(
      1,
      (s, at) => s.listen({ path: at, readableAll: true, writableAll: true }),
      where,
    );
    t.equal(statSync(where).mode & 0o666, 0o666);
  });
}

test('unlinked', preloaded.options, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'cluster-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const where = path.join(directory, 'socket');
  const program = await startProgram(t, preloaded);
  for (const id of [1, 2]) {
    await program.worker(
      id,
      async (s, at) => {
        s.fs.rmSync(at, { force: true });
        await s.listen(at);
        process.on('exit', () => s.fs.rmSync(at));
      },
      where,
    );
    t.ok(existsSync(where), `worker ${id} listens there`);
  }
  const isThere = await program.primary(
    async ({ cluster, fs }, at) =>
      new Promise<boolean>((resolve) => {
        const worker = cluster.workers?.[1];
        worker?.once('exit', () => resolve(fs.existsSync(at)));
        worker?.send({ seq: -1, code: '() => process.exit()', args: [] });
      }),
    where,
  );
  t.ok(isThere, 'when the other has ended');
});
