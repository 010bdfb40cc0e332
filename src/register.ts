/**
 * `node --import rondo/register app.js`. See cluster/register.ts.
 *
 * @packageDocumentation
 */

import './cluster/register.js';
import { whenPrimaryOpens } from './cluster/patch.js';
import { load, makeLoadable } from './lazy.js';
import { checkNode } from './node-version.js';

checkNode();
makeLoadable();

const where = process.env.RONDO_METRICS;
if (where !== undefined && where !== '') {
  // Nothing of it is loaded in a process that never forks.
  whenPrimaryOpens((primary) => load('cli/drop-in-metrics.js').serveDropIn(primary, where));
}
