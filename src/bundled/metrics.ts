/** `rondo/metrics` for bundlers. */

import './with/cluster.js';

export * from '../metrics/index.js';
