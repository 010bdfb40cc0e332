/**
 * The preload of the agent: it does not outlive the process that started it. The program's own children
 * inherit nothing of it.
 */

import { fileURLToPath } from 'node:url';
import { dieWithParent } from './lifeline.js';

const file = fileURLToPath(new URL('agent-process.cjs', import.meta.url));

process.execArgv = process.execArgv.filter(
  (word, index, words) => word !== file && !(word === '--require' && words[index + 1] === file),
);
dieWithParent();
// Where there is no addon.
process.once('disconnect', () => process.exit());
