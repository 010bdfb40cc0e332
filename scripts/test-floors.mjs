// What an old Node breaks first, under the oldest version of each line that is supported: the packages, installed in
// an empty folder, and one test of each way to use rondo. And what a new Node has broken before, under the newest of
// each line. Quick enough for CI.
//
// usage: node scripts/test-floors.mjs [version…]

import path from 'node:path';
import { environmentOf, FLOORS, NEWEST, onEach } from './nodes.mjs';
import { must, root, run, scratchDirectory, tap } from './support.mjs';

const FILES = [
  'test/package/installed-packages-work.test.ts',
  'test/docs/dispatcher-page-says-what-is.test.ts',
  'test/docs/readme-is-the-front-door.test.ts',
  'test/dispatch/round-robin-goes-in-turn.test.ts',
  'test/worker/every-protocol-is-served.test.ts',
  'test/cluster/rondo-deals-the-connections.test.ts',
  'test/cluster/imports-under-way-break-nothing.test.ts',
  'test/cli/signals-stop-cleanly.test.ts',
  'test/cli/module-hooks-of-the-program-are-heeded.test.ts',
];
const OF_NEWEST = [
  'test/cli/async-context-of-listen-is-kept.test.ts',
  'test/cluster/rondo-deals-the-connections.test.ts',
  'test/cli/module-hooks-of-the-program-are-heeded.test.ts',
  'test/control/who-follows-the-log-sees-its-end.test.ts',
];

// Which Node packs them makes no difference.
const tarballs = scratchDirectory('tarballs');
await must(process.execPath, [path.join(root, 'scripts/package/pack-here.mjs'), tarballs]);

const given = process.argv.slice(2);
await onEach(given.length > 0 ? given : [...FLOORS, ...NEWEST], async (node, version) => {
  const env = { ...environmentOf(node), RONDO_TEST_TARBALLS: tarballs };
  const files = NEWEST.includes(version) ? OF_NEWEST : FILES;
  return (await run(node, [tap, ...files], { env })).code;
});
