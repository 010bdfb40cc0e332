/** `rondo/hub` for bundlers. */

import './with/hub.js';

export * from '../hub/index.js';
