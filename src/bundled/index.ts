/** `rondo` for bundlers. */

import './with/cluster.js';

export * from '../index.js';
