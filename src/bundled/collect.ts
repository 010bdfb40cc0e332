/** `rondo/collect` for bundlers. */

import './with/hub.js';

export * from '../collect/index.js';
