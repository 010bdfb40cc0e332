/**
 * `node --import rondo/register app.js`. See cluster/register.ts.
 *
 * @packageDocumentation
 */

import './cluster/register.js';
import { createRequire } from 'node:module';
import { whenPrimaryOpens } from './cluster/patch.js';
import { checkNode } from './node-version.js';

checkNode();

const where = process.env.RONDO_METRICS;
if (where !== undefined && where !== '') {
  // Nothing of it is loaded in a process that never forks.
  const require = createRequire(import.meta.url);
  whenPrimaryOpens((primary) => {
    const { serveDropIn } =
      require('./cli/drop-in-metrics.js') as typeof import('./cli/drop-in-metrics.js');
    serveDropIn(primary, where);
  });
}
