// What a program can see of how its workers are started is as without rondo: cluster.settings, and a
// worker's execArgv, NODE_OPTIONS, environment (but for the two variables of the hub and of shared memory), arguments
// and directory.

import { tmpdir } from 'node:os';
import { type Test, test } from 'tap';
import {
  type ProgramOptions,
  plainNode,
  preloaded,
  REGISTER,
  startProgram,
  type Way,
  ways,
} from '../fixtures/cluster.js';

/** All that is seen, after the worker listens. */
async function look(t: Test, way: Way, options: ProgramOptions): Promise<object> {
  const program = await startProgram(t, way, { workers: 1, ...options });
  const worker = await program.worker(1, async ({ cluster, listen }) => {
    const environment = (): NodeJS.ProcessEnv => {
      const { RONDO_HUB: _hub, RONDO_SHARED: _shared, ...others } = process.env;
      return others;
    };
    const start = {
      execArgv: [...process.execArgv],
      argv: process.argv.slice(2),
      env: environment(),
      cwd: process.cwd(),
      settings: cluster.settings,
    };
    await listen(0, '127.0.0.1');
    return { start, env: environment() };
  });
  const settings = await program.primary(({ cluster }) => ({
    settings: cluster.settings,
    keys: Object.keys(cluster.settings).sort(),
    fork: { name: cluster.fork.length },
  }));
  return { worker, settings };
}

const setups: Array<[name: string, options: ProgramOptions]> = [
  ['nothing set', {}],
  [
    'all set',
    {
      setup: {
        args: ['{}', 'two'],
        cwd: tmpdir(),
        execArgv: ['--no-warnings', '--stack-trace-limit=20'],
        serialization: 'advanced',
        silent: false,
      },
      env: { FOR_THE_WORKER: '1' },
    },
  ],
  ['stdio', { setup: { stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'ignore'] } }],
];

for (const [name, options] of setups) {
  test(name, preloaded.options, async (t) => {
    // By the environment in the one case as in the other; what it does is not to be seen.
    const processEnv = { NODE_OPTIONS: `--import ${REGISTER}` };
    const rondo = await look(t, plainNode, { ...options, processEnv });
    const other = `--import ${REGISTER.replace('register.js', 'types/stats.js')}`;
    const node = await look(t, plainNode, { ...options, processEnv: { NODE_OPTIONS: other } });
    t.strictSame(
      JSON.parse(JSON.stringify(rondo).replaceAll('register.js', 'types/stats.js')),
      node,
    );
    t.notMatch(JSON.stringify(rondo), /RONDO_(CHANNEL|PRELOAD)/);
  });

  test(`${name}, by the command line`, preloaded.options, async (t) => {
    const nodeArgs = ['--import', REGISTER.replace('register.js', 'types/stats.js')];
    const other = { ...plainNode, nodeArgs };
    const rondo = await look(t, preloaded, options);
    const node = await look(t, other, options);
    t.strictSame(
      JSON.parse(JSON.stringify(rondo).replaceAll('register.js', 'types/stats.js')),
      node,
    );
    t.notMatch(JSON.stringify(rondo), /RONDO_(CHANNEL|PRELOAD)/);
  });
}

for (const way of ways) {
  test(`settings that are kept, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way, { workers: 0 });
    const execArgv = [...way.nodeArgs];
    const seen = await program.primary(async ({ cluster, once }, execArgv) => {
      cluster.setupPrimary({ execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      await once(cluster, 'setup');
      const kept = cluster.settings;
      const before = JSON.stringify(kept);
      const setup = once(cluster, 'setup');
      const worker = cluster.fork();
      const after = JSON.stringify(kept);
      const [emitted] = await setup;
      worker.process.kill('SIGKILL');
      const now = JSON.stringify(cluster.settings);
      return { before, after, emitted: JSON.stringify(emitted), now };
    }, execArgv);
    t.match(seen.before, 'ignore');
    const same = {
      before: seen.before,
      after: seen.before,
      emitted: seen.before,
      now: seen.before,
    };
    t.strictSame(seen, same);
  });
}
