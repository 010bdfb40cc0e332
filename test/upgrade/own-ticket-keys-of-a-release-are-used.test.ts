// TLS session ticket keys that a program sets are those of its release: after a reload and after an upgrade the new
// workers have the new ones, though the listener is the same.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { startUpgradable } from '../fixtures/upgrade.js';

test('new keys', nativeOnly, async (t) => {
  const keys = path.join(temporaryDirectory(t), 'keys');
  writeFileSync(keys, '1');
  const { run, upgrade, stop } = await startUpgradable(t, [fixture('own-ticket-keys.mjs')], {
    KEYS: keys,
  });
  const inForce = (): string[] =>
    [...run.stdout().matchAll(/^keys of (\d)$/gm)].map(([, byte = '']) => byte);
  await until('both say', () => inForce().length === 2);
  writeFileSync(keys, '2');
  run.child.kill('SIGHUP');
  await run.says(/reload: done/);
  await until('both say', () => inForce().length === 4);
  writeFileSync(keys, '3');
  await upgrade();
  await until('both say', () => inForce().length === 6);
  t.strictSame(inForce(), ['1', '1', '2', '2', '3', '3']);
  await stop();
});
