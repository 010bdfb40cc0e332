/** What `require('rondo/cluster')` gives with bundlers that do not know the export 'module.exports': node:cluster itself. */

const entry = require('./cluster.js') as { default?: object };

module.exports = entry.default ?? entry;
