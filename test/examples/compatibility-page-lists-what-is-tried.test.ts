// docs/compatibility.md has a row for each program that test/ecosystem tries, with the pinned versions, and
// no result that was not found or differs.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { SPECS } from '../ecosystem/lib/specs.js';

const read = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

test('docs/compatibility.md', async (t) => {
  const { dependencies } = JSON.parse(read('test/ecosystem/package.json')) as {
    dependencies: Record<string, string>;
  };
  const rows = read('docs/compatibility.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.split(' | '));
  t.equal(rows.length, SPECS.length);
  for (const [index, { name, packages }] of SPECS.entries()) {
    const [first = '', versions, results = ''] = rows[index] ?? [];
    t.ok(first.startsWith(`| ${name}`), name);
    const pinned = packages.map((one) => `${one} ${dependencies[one]?.replace(/^npm:(.*)@/, '')}`);
    t.equal(versions, pinned.join(', ') || 'none', name);
    t.match(results, /as plain Node/, name);
    t.notMatch(results, /differs|not run/, name);
  }
});
