/** What `require('rondo/compat/clusterhub')` gives with bundlers that do not know the export 'module.exports': the hub itself. */

const entry = require('./clusterhub.js') as { default?: object };

module.exports = entry.default ?? entry;
