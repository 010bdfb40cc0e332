// ES modules, also with `import { fork }`, and CommonJS programs take the rondo path; by --import, --require
// and NODE_OPTIONS; and loaded twice, even as two copies of the package, it is loaded once.

import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { preloaded, REGISTER } from '../fixtures/cluster.js';
import { runHello, VISITS } from '../fixtures/cluster-hello.js';
import { copyPackage } from '../fixtures/cluster-package.js';

const FILE = fileURLToPath(REGISTER);
const CLUSTER = new URL('cluster/index.js', REGISTER).href;

const ways: Array<[name: string, args: string[], env?: NodeJS.ProcessEnv]> = [
  ['--import URL', ['--import', REGISTER]],
  ['--import=URL', [`--import=${REGISTER}`]],
  ['--import rondo/register', ['--import', 'rondo/register']],
  ['--import of a path', ['--import', FILE]],
  ['--require', ['--require', FILE]],
  ['NODE_OPTIONS', [], { NODE_OPTIONS: `--no-deprecation --import ${REGISTER}` }],
  ['NODE_OPTIONS, --require', [], { NODE_OPTIONS: `--require=${FILE}` }],
  ['both', ['--import', REGISTER], { NODE_OPTIONS: `--import ${REGISTER}` }],
  ['--import and --require', ['--require', FILE, '--import', REGISTER]],
  ['rondo/cluster too', ['--import', REGISTER, '--import', CLUSTER]],
  ['rondo/cluster alone', ['--import', CLUSTER]],
];

for (const file of ['cluster-hello.mjs', 'cluster-hello.cjs']) {
  for (const [name, args, env] of ways) {
    test(`${file}, ${name}`, preloaded.options, async (t) => {
      const { served, stats, stderr } = await runHello(t, file, args, env);
      t.equal(Object.keys(served).length, 2, 'both have served');
      const counted = stats?.slots.map(({ pid, received }) => [String(pid), received]) ?? [];
      t.strictSame(Object.fromEntries(counted), served);
      t.equal(stats?.accepted, VISITS);
      t.equal(stderr, '');
    });
  }
}

test('two copies', preloaded.options, async (t) => {
  const { register } = copyPackage(t, {});
  const args = ['--import', register, '--import', REGISTER];
  const { served, stats, stderr } = await runHello(t, 'cluster-hello.mjs', args);
  t.equal(Object.keys(served).length, 2);
  t.equal(stats?.accepted, VISITS);
  t.equal(stats?.slots.length, 2);
  t.equal(stderr, '');
});

test('not at all', async (t) => {
  const { served, stats } = await runHello(t, 'cluster-hello.mjs', []);
  t.equal(Object.keys(served).length, 2);
  t.equal(stats, null);
});
