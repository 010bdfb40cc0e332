/** `rondo/socket.io-adapter` for bundlers. */

import './with/hub.js';

export * from '../socket.io-adapter/index.js';
