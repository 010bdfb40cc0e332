/** What `require('rondo/compat/clusterhub')` gives with bundlers, which do not know the export 'module.exports': the hub itself. */

import entry = require('./clusterhub.js');

module.exports = entry.default;
