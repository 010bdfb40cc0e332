/**
 * `rondo/compat/clusterhub`: the interface of the package `clusterhub` over `rondo/hub`. Import it in the primary and in each
 * process that is to hear and say something. See docs/compat.md for what is different.
 *
 * @module rondo/compat/clusterhub
 */

import { createHub, Hub, ready } from './hub.js';

export type { HubEmitter, Listener } from './emitter.js';
export type { ClusterHub, HubAliases, HubCommands } from './hub.js';
export { createHub, Hub, ready };

/** The hub without a name, with `createHub`, `Hub` and `ready` on it. */
const hub: Hub & {
  createHub: typeof createHub;
  Hub: typeof Hub;
  ready: typeof ready;
} = Object.assign(createHub(), { createHub, Hub, ready });

export default hub;

// What `require()` gives: the hub itself.
export { hub as 'module.exports' };
