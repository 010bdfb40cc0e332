// A program that uses the hub ends by itself, as soon as nothing of its own is left and no answer is awaited, and in its primary
// nobody sees a handle of the hub's.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { preloaded, type Scope, startProgram } from '../fixtures/cluster.js';
import { isAlive, settles, until } from '../fixtures/faults.js';
import { startHubs } from '../fixtures/hub.js';

const run = promisify(execFile);

/** Resolves with what it has written, when it has ended with code 0. */
async function output(code: string, ...nodeArgs: string[]): Promise<string> {
  const args = [...nodeArgs, '--input-type=module', '-e', code];
  const { stdout } = await run(process.execPath, args, { timeout: 30_000 });
  return stdout;
}

const IMPORT = `import { hub } from '${import.meta.resolve('rondo/hub')}';`;

/** Node closes the file of a module meanwhile. */
const RESOURCES =
  'process.getActiveResourcesInfo().filter((name) => !/^(CloseReq|FSReq)/.test(name)).join()';

test('a program of one process', async (t) => {
  t.equal(
    await output(`${IMPORT}
      hub.on('n', () => {}).handle('h', () => 1);
      hub.emit('n');
      console.log(process._getActiveHandles().length, ${RESOURCES});`),
    '0 \n',
    'it listens',
  );
  t.equal(
    await output(`${IMPORT}
      await hub.ready();
      console.log(await hub.sendTo('workers', 'n'), hub.self().role, await hub.sendTo('primary', 'n'));
      hub.on('n', console.log);
      console.log(await hub.sendTo('primary', 'n', 1));
      hub.emit('n', 2);`),
    'false primary false\ntrue\n1\n',
    'what is awaited is waited for',
  );
  t.equal(
    await output(`${IMPORT}
      hub.handle('slow', () => new Promise((resolve) => setTimeout(resolve, 20, 'answer').unref()));
      console.log(await hub.request('primary', 'slow'));`),
    'answer\n',
    'a request keeps it',
  );
  t.equal(
    await output(`${IMPORT}
      await hub.close();
      console.log(${RESOURCES});`),
    '\n',
    'closed',
  );
});

test('workers end by themselves, and are not seen', async (t) => {
  const program = await startHubs(t, 2);
  const listening = await program.worker(1, async ({ log }) => {
    const before = process.getActiveResourcesInfo();
    await record('n');
    await hub.sendTo('primary', 'n');
    return { before, after: process.getActiveResourcesInfo(), log };
  });
  t.strictSame(listening.after, listening.before, 'what is there is the IPC channel');
  t.strictSame(listening.log, []);
  t.notMatch(await program.primary(() => process.getActiveResourcesInfo()), /Server/);
  const [one, two] = program.pids as [number, number];
  await program.primary(({ cluster }) => cluster.workers?.[1]?.disconnect());
  await until('the first has ended', () => !isAlive(one));
  await settles(
    t,
    () =>
      program.primary(({ log }) =>
        log.filter(([event]) => event === 'exit' || event === 'listening'),
      ),
    [['exit', 1, 0, null]],
  );
  await program.primary(({ cluster }) => cluster.workers?.[2]?.process.disconnect());
  await until('and the other', () => !isAlive(two));
});

test('who never uses it has nothing of it', preloaded.options, async (t) => {
  const program = await startProgram(t, preloaded, { workers: 1 });
  const count = ({ fs }: Scope): number => {
    const own = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
    const rows = fs.readFileSync('/proc/net/unix', 'latin1').split('\n');
    return rows.filter((row) => row.includes('@rondo-') && own.includes(row.split(/\s+/)[6] ?? ''))
      .length;
  };
  t.strictSame([await program.primary(count), await program.worker(1, count)], [1, 0]);
  t.equal(await program.primary(() => 'RONDO_HUB' in process.env), false);
});
