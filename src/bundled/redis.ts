/** `rondo/redis` for bundlers. */

import './with/shared.js';

export * from '../redis/index.js';
