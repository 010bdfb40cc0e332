// docs/operate/figures.md: its table has each metric, by name, type and labels, and no other; and its rules and
// configuration are what promtool accepts.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { ask, runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';
import { metricsOrigin } from '../fixtures/metrics.js';

const DOCS = readFileSync(new URL('../../docs/operate/figures.md', import.meta.url), 'utf8');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

test('the table', async (t) => {
  const flags = ['-w', '1', '--hang-timeout', '10000', '--metrics', '0'];
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), ...flags]);
  const origin = await metricsOrigin(run);
  await ask(await run.listening(1));
  run.child.kill('SIGHUP');
  await run.says(/reload: done/);
  await run.says(/ended with code 0 .* \(reload\)/);
  const headers = { accept: 'application/openmetrics-text' };
  const text = await (await fetch(`${origin}/metrics`, { headers })).text();
  const documented = new Map(
    [...DOCS.matchAll(/^\| `(rondo_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(([, name, type, labels]) => [
      name,
      { type, labels: [...(labels ?? '').matchAll(/\w+/g)].map(String).sort() },
    ]),
  );
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  );
  t.strictSame([...types.keys()].sort(), [...documented.keys()].sort());
  for (const [name, { type, labels }] of documented) {
    t.equal(types.get(name), type, `${name} is a ${type}`);
    const [, found] = new RegExp(`^${name}(?:_total|_count)?(\\{.*\\})? `, 'm').exec(text) ?? [];
    const named = [...(found ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label).sort();
    // Errors have no sample before there are any.
    if (!name?.endsWith('_errors')) t.strictSame(named, labels, `${name} has the labels`);
  }
});

test('promtool', hasPromtool ? {} : { skip: 'needs promtool (Debian: prometheus)' }, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const [config = '', rules = ''] = [...DOCS.matchAll(/```yaml\n([^`]*)```/g)].map(
    ([, yaml]) => yaml,
  );
  for (const [words, yaml] of [
    [['check', 'config', '--syntax-only'], config],
    [['check', 'rules'], rules],
  ] as const) {
    const file = path.join(directory, 'file.yml');
    writeFileSync(file, yaml);
    const { status, stdout, stderr } = spawnSync('promtool', [...words, file]);
    t.equal(status, 0, `${stdout}${stderr}`);
    t.match(yaml, /rondo/);
  }
});
