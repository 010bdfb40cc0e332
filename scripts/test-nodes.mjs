// Runs the tests of node:cluster under other versions of Node, and the table of `server.listen` beside
// plain Node of each.
//
// usage: node scripts/test-nodes.mjs [version…]
import { environmentOf, MATRIX, onEach } from './nodes.mjs';
import { run, tap } from './support.mjs';

const given = process.argv.slice(2);
await onEach(given.length > 0 ? given : MATRIX, async (node) => {
  return (await run(node, [tap, 'test/cluster/*.test.ts'], { env: environmentOf(node) })).code;
});
