/** What `require('rondo/cluster')` gives with bundlers, which do not know the export 'module.exports': node:cluster itself. */

import entry = require('./cluster.js');

module.exports = entry.default;
