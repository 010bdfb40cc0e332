/** `rondo/shared` for bundlers. */

import './with/shared.js';

export * from '../shared/index.js';
