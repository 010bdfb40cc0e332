/** `rondo/compat/egg-messenger` for bundlers. */

import './with/hub.js';

export * from '../compat/egg-messenger/index.js';
export { default } from '../compat/egg-messenger/index.js';
