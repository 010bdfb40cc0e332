// docs/operate/control.md against the package: its paths, commands and exit codes are those there are.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { CONTROL_COMMANDS } from '../../src/cli/control/commands.js';
import { CHANGES } from '../../src/control/changes.js';
import { READS } from '../../src/control/reads.js';

const page = readFileSync(new URL('../../docs/operate/control.md', import.meta.url), 'utf8');

/** What stands in the first cells of the tables. */
const cells = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|')[1] as string);

test('paths', async (t) => {
  const documented = cells
    .flatMap((cell) => [...cell.matchAll(/`(\/v1[^`?]*)/g)])
    .map(([, path]) => path);
  const own = ['/v1/events', '/v1/stop'];
  t.strictSame(
    [...new Set(documented)].sort(),
    [...new Set([...READS.keys(), ...CHANGES.keys(), ...own])].sort(),
  );
  for (const [path, { keys }] of CHANGES) {
    const line = page
      .split('\n')
      .findLast((text) => text.startsWith('|') && text.includes(`\`${path}\``));
    const body = JSON.parse(/`(\{.*\})` \|/.exec(line ?? '')?.[1] ?? '{}') as object;
    if (path !== '/v1/reload')
      t.strictSame(Object.keys(body).sort(), Object.keys(keys).sort(), path);
  }
});

test('commands', async (t) => {
  const documented = cells
    .flatMap((cell) => [...cell.matchAll(/`rondo (\w+)/g)])
    .map(([, name]) => name);
  for (const name of Object.keys(CONTROL_COMMANDS)) t.ok(documented.includes(name), name);
});
