// What the code says its version is, also in a bundle, is what package.json says.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { VERSION } from '../../src/version.js';

test('the version', async (t) => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  t.equal(VERSION, JSON.parse(manifest).version);
});
