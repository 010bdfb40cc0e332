/**
 * Whether this is the thread of module hooks, which yarn's Plug'n'Play has. It runs what `--require` names, too; there is
 * nothing to do there, and it cannot require() an ES module.
 */

import threads = require('node:worker_threads');

// Since Node 22.14.
const { isInternalThread = false } = threads as { isInternalThread?: boolean };

export = isInternalThread;
