/** `rondo/cluster` for bundlers. */

import './with/cluster.js';

export * from '../cluster/index.js';
export { default } from '../cluster/index.js';
