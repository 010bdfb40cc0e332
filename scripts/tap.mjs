// tap, with test files that start in half the time: what it loads into each of them for coverage, mocks and its own
// way with TypeScript, none of which is used here, takes longer than many of them run.
//
// usage: node scripts/tap.mjs [options of tap] [file…]
import path from 'node:path';
import { root } from './support.mjs';

if (process.platform !== 'win32') {
  process.env.RONDO_TEST_NODE = process.execPath;
  // By which tap starts a file; there is no option for it.
  process.execPath = path.join(import.meta.dirname, 'tap-node.sh');
}
await import(path.join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs'));
