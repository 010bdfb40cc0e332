#!/usr/bin/env node
/**
 * The `rondo` bin. Where this Node.js is not one for rondo it says so in one line: all else is loaded after that,
 * since an older one may not even load it.
 */

import { wrongNode } from '../node-version.js';

const wrong = wrongNode();
if (wrong === null) {
  void import('./command-line.js');
} else {
  process.stderr.write(`${wrong}\n`);
  process.exitCode = 1;
}
