/** One line in place of a stack, where this Node.js is not one for rondo. The first import of main.ts. */

import { wrongNode } from '../node-version.js';

const wrong = wrongNode();
if (wrong !== null) {
  process.stderr.write(`${wrong}\n`);
  process.exit(1);
}
