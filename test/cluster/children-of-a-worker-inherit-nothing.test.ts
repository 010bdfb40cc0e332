// A child of a worker has neither the channel nor the variable that tells of it, before and after the
// worker listens.

import { test } from 'tap';
import { preloaded, startProgram } from '../fixtures/cluster.js';

/** Lists the child's fds by what they are, and its variables. */
const CHILD = `
  const fs = require('node:fs');
  const table = fs.readFileSync('/proc/net/unix', 'latin1').split('\\n').map((line) => line.trim().split(/\\s+/));
  const kinds = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try { return [fs.readlinkSync('/proc/self/fd/' + fd)]; } catch { return []; }
  });
  const inodes = kinds.map((kind) => /^socket:\\[(\\d+)\\]$/.exec(kind)?.[1]).filter(Boolean);
  // 0005 is SOCK_SEQPACKET, which nothing else here uses.
  const channels = table.filter((row) => row[4] === '0005' && inodes.includes(row[6])).length;
  const boards = kinds.filter((kind) => kind.includes('memfd')).length;
  const variables = Object.keys(process.env).filter((name) => /^RONDO_(CHANNEL|PRELOAD)/.test(name));
  console.log(JSON.stringify({ channels, boards, variables }));
`;

test('before and after it listens', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { workers: 1 });
  const ask = () =>
    program.worker(
      1,
      ({ childProcess }, code) => {
        const { execPath } = process;
        return childProcess.execFileSync(execPath, ['-e', code], { encoding: 'utf8' });
      },
      CHILD,
    );
  const nothing = { channels: 0, boards: 0, variables: [] };
  t.strictSame(JSON.parse(await ask()), nothing, 'before');
  await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
  t.strictSame(JSON.parse(await ask()), nothing, 'after');
  // So that the test sees what it looks for: the worker itself has it.
  const own = await program.worker(1, ({ fs }) => {
    const seqpacket = fs
      .readFileSync('/proc/net/unix', 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((row) => row[4] === '0005')
      .map((row) => `socket:[${row[6]}]`);
    return fs.readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return seqpacket.includes(fs.readlinkSync(`/proc/self/fd/${fd}`));
      } catch {
        return false;
      }
    }).length;
  });
  t.equal(own, 1, 'the worker has the channel');
});

test('a cluster of its own has nothing of its parent', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { workers: 1 });
  await program.worker(1, ({ listen }) => listen(0, '127.0.0.1'));
  const isWorker = await program.worker(1, ({ childProcess }) =>
    childProcess
      .execFileSync(process.execPath, [...process.execArgv, '-p', 'require("cluster").isWorker'])
      .toString()
      .trim(),
  );
  t.equal(isWorker, 'false');
});
