// Where the addon cannot be loaded, node:cluster schedules by itself, after one warning that says why; unless
// the native transport is demanded, which is an error then, or the other, which needs no addon.

import { test } from 'tap';
import { runHello, VISITS } from '../fixtures/cluster-hello.js';
import { copyPackage } from '../fixtures/cluster-package.js';

for (const file of ['cluster-hello.mjs', 'cluster-hello.cjs']) {
  test(`one warning, ${file}`, async (t) => {
    const { register } = copyPackage(t, { hasAddon: false });
    const env = { RONDO_NATIVE: '' };
    const { served, stats, stderr } = await runHello(t, file, ['--import', register], env);
    t.equal(Object.keys(served).length, 2, 'both have served');
    t.equal(stats, null);
    const warnings = stderr.match(/\[RONDO_CLUSTER_FALLBACK\] RondoWarning: .*/g);
    t.equal(warnings?.length, 1, stderr);
    t.match(
      warnings?.[0],
      /node:cluster's own scheduling is used: .*the package @rondo\/\S+ is not installed/,
    );
  });
}

test('the ipc transport', async (t) => {
  const { register } = copyPackage(t, { hasAddon: false });
  const env = { RONDO_NATIVE: '', RONDO_TRANSPORT: 'ipc' };
  const args = ['--import', register];
  const { served, stats, stderr } = await runHello(t, 'cluster-hello.mjs', args, env);
  t.equal(Object.keys(served).length, 2);
  t.equal(stats?.accepted, VISITS);
  t.equal(stderr, '');
});

const demands: NodeJS.ProcessEnv[] = [
  { RONDO_NATIVE: '1' },
  { RONDO_NATIVE: '', RONDO_TRANSPORT: 'native' },
];

for (const env of demands) {
  test(`demanded: ${JSON.stringify(env)}`, async (t) => {
    const { register } = copyPackage(t, { hasAddon: false });
    const run = runHello(t, 'cluster-hello.mjs', ['--import', register], env);
    await t.rejects(run, { message: /code 1: .*ERR_RONDO_NATIVE_MISSING/s });
  });
}
