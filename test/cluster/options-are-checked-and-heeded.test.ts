// RONDO_POLICY, RONDO_WINDOW, RONDO_TRANSPORT, RONDO_TAKE_BACK_MS and RONDO_REBALANCE are the dispatcher's options, a wrong value is
// an error that names the variable, and configure() takes their place until the first fork.

import { spawnSync } from 'node:child_process';
import { test } from 'tap';
import { POLICY_NAMES } from '../../src/dispatcher/policies/index.js';
import { preloaded, startProgram } from '../fixtures/cluster.js';

const CLUSTER = new URL('../../dist/cluster/index.js', import.meta.url).href;

test('from the environment', preloaded.options, async (t) => {
  const processEnv = { RONDO_POLICY: 'least-connections', RONDO_WINDOW: '7', RONDO_TRANSPORT: '' };
  const program = await startProgram(t, preloaded, { processEnv });
  t.match(await program.stats(), { policy: 'least-connections', window: 7, transport: 'native' });
});

test('the ipc transport', preloaded.options, async (t) => {
  const processEnv = { RONDO_TRANSPORT: 'ipc' };
  const program = await startProgram(t, preloaded, { processEnv });
  t.match(await program.stats(), { policy: 'round-robin', window: 'auto', transport: 'ipc' });
});

const wrong = [
  ['RONDO_POLICY', 'fair', `one of ${POLICY_NAMES.map((name) => `'${name}'`).join(', ')}`],
  ['RONDO_WINDOW', '0', "'auto' or an integer from 1 to 1024"],
  ['RONDO_WINDOW', '1e1', "'auto' or an integer from 1 to 1024"],
  ['RONDO_WINDOW', ' ', "'auto' or an integer from 1 to 1024"],
  ['RONDO_TRANSPORT', 'tcp', "one of 'auto', 'native', 'ipc'"],
  ['RONDO_TAKE_BACK_MS', '10', '0 or an integer from 50 to 3600000'],
  [
    'RONDO_STICKY',
    'sid',
    "a list of 'query:NAME', 'cookie:NAME', 'x-forwarded-for', 'server-name', 'tls-session' and at its end 'address'",
  ],
  ['RONDO_REBALANCE', 'on', "one of 'off', 'auto', 'always'"],
] as const;

for (const [variable, value, expected] of wrong) {
  for (const load of preloaded.nodeArgs.slice(1).concat(CLUSTER)) {
    test(`${variable}='${value}', ${load.split('/dist/')[1]}`, async (t) => {
      const { status, stderr, stdout } = spawnSync(
        process.execPath,
        ['--import', load, '-e', 'console.log("ran")'],
        { encoding: 'utf8', env: { ...process.env, [variable]: value } },
      );
      t.equal(status, 1);
      t.match(
        stderr,
        `RondoError [ERR_RONDO_INVALID_OPTION]: The option '${variable}' must be ${expected}.`,
      );
      t.match(stderr, `Received '${value}'`);
      t.equal(stdout, '', 'the program did not begin');
    });
  }
}

/** Runs the body in a process that has `configure` and `stats` of rondo/cluster. */
function run(body: string, env: NodeJS.ProcessEnv = {}): unknown {
  const program = `
    import cluster, { configure, stats } from ${JSON.stringify(CLUSTER)};
    const code = (run) => { try { run(); return 'no error'; } catch (error) { return error.code + ' ' + error.message; } };
    if (cluster.isPrimary) { ${body} }`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const FORK = `cluster.setupPrimary({ exec: '/dev/null' });
  const worker = cluster.fork(); worker.on('error', () => {});`;
const END = `worker.process.kill('SIGKILL');`;

test('configure', preloaded.options, (t) => {
  const seen = run(
    `const before = stats();
     configure({ window: 5 });
     configure({ window: 9, policy: 'least-connections' });
     ${FORK}
     const after = stats();
     const late = code(() => configure({ window: 3 }));
     const lateAndWrong = code(() => configure({ window: -3 }));
     console.log(JSON.stringify({ before, after, late, lateAndWrong, still: stats().window }));
     ${END}`,
    { RONDO_WINDOW: '3' },
  );
  t.match(seen, {
    before: null,
    after: { window: 9, policy: 'least-connections', transport: 'native' },
    late: /^ERR_RONDO_ALREADY_FORKED /,
    lateAndWrong: /^ERR_RONDO_INVALID_OPTION .*'window'.* Received -3/,
    still: 9,
  });
  t.end();
});

test('configure with wrong options', (t) => {
  const seen = run(`console.log(JSON.stringify([
    code(() => configure({ window: 0 })),
    code(() => configure({ policy: 'x' })),
    code(() => configure({ wnidow: 1 })),
    code(() => configure(null)),
  ]))`);
  t.match(seen, [
    /^ERR_RONDO_INVALID_OPTION .*'window'/,
    /^ERR_RONDO_INVALID_OPTION .*'policy'/,
    /^ERR_RONDO_UNKNOWN_OPTION .*'wnidow'/,
    /^ERR_RONDO_INVALID_OPTION /,
  ]);
  t.end();
});
