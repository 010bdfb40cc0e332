/** `rondo/control` for bundlers. */

import './with/cluster.js';

export * from '../control/index.js';
