/** loaded.js for `--require`: Node 22.12 warns of an ES module there, and of none that a file in node_modules requires. */

import isHooksThread = require('../../hooks-thread.cjs');

if (!isHooksThread) require('./loaded.js');
