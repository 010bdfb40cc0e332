// The versions of Node.js that `engines` names are those that rondo runs on, and another is one clear error.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { wrongNode } from '../../src/node-version.js';

const right = ['20.19.0', '20.20.2', '22.12.0', '22.23.1', '23.0.0', '24.0.0', '26.12.1'];
const wrong = ['18.20.8', '20.18.3', '21.7.3', '22.0.0', '22.11.0'];

test('those that are right', async (t) => {
  for (const version of right) t.equal(wrongNode(version), null, version);
  t.equal(wrongNode(), null, 'this one');
});

test('those that are not', async (t) => {
  const manifest = new URL('../../package.json', import.meta.url);
  const { engines } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const version of wrong) {
    t.equal(
      wrongNode(version),
      `rondo needs Node.js ${engines.node}, and this is ${version}`,
      version,
    );
  }
});
