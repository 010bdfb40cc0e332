// Runs the suite, on the package as it is built, under other versions of Node: the oldest of each line that is
// supported, and the newest.
//
// usage: node scripts/test-matrix.mjs [version…]
import { environmentOf, MATRIX, onEach } from './nodes.mjs';
import { run, tap } from './support.mjs';

const given = process.argv.slice(2);
await onEach(given.length > 0 ? given : MATRIX, async (node) => {
  return (await run(node, [tap], { env: environmentOf(node) })).code;
});
