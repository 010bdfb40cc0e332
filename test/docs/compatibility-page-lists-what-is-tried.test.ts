// docs/compatibility.md has a row for each program and each suite that test/ecosystem tries, with the pinned versions, and
// no result that was not found or differs.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { SPECS } from '../ecosystem/lib/specs.js';
import { SUITES } from '../ecosystem/lib/suites.js';

const read = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const versions = {
  ...(JSON.parse(read('package.json')).devDependencies as Record<string, string>),
  ...(JSON.parse(read('bench/package.json')).dependencies as Record<string, string>),
  ...(JSON.parse(read('test/ecosystem/package.json')).dependencies as Record<string, string>),
};

const pinned = (packages: string[]): string =>
  packages.map((one) => `${one} ${versions[one]?.replace(/^npm:(.*)@/, '')}`).join(', ');

/** The cells of a section's table, without its head. */
function rows(section: string): string[][] {
  const [, text = ''] = read('docs/compatibility.md').split(`## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  const lines = own.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) => line.slice(2, -2).split(' | '));
}

test('under `rondo start`', async (t) => {
  const all = rows('Under `rondo start`');
  t.equal(all.length, SPECS.length);
  for (const [index, { name, packages }] of SPECS.entries()) {
    const [first = '', its, results = ''] = all[index] ?? [];
    t.ok(first.startsWith(name), name);
    t.equal(its, pinned(packages) || 'none', name);
    t.match(results, /as plain Node/, name);
    t.notMatch(results, /differs|not run/, name);
  }
});

test('with the preload', async (t) => {
  const all = rows('With the preload');
  t.equal(all.length, SUITES.length + 1);
  for (const [index, { name, packages, tests }] of SUITES.entries()) {
    const [its, how, results = ''] = all[index] ?? [];
    t.same([its, how], [pinned(packages), tests], name);
    t.match(results, /^(\d+) of \1 as plain Node/, name);
    t.notMatch(results, 'differs', name);
  }
  const [node = '', , results = ''] = all.at(-1) ?? [];
  t.match(node, /^Node v\d+/);
  t.match(results, /^83 of 85 as plain Node/, 'but two that change its round robin');
});
