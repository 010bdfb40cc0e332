/** `rondo/compat/clusterhub` for bundlers. */

import './with/hub.js';

export * from '../compat/clusterhub/index.js';
export { default } from '../compat/clusterhub/index.js';
