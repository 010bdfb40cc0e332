/**
 * The preload: `node --import rondo/register app.js` puts node:cluster's scheduling on rondo.
 * Options: `RONDO_POLICY`, `RONDO_WINDOW`, `RONDO_TRANSPORT`, `RONDO_TAKE_BACK_MS`, `RONDO_PROXY_PROTOCOL`. A
 * wrong value throws `ERR_RONDO_INVALID_OPTION` at once.
 *
 * @packageDocumentation
 */

import { optionsFromEnvironment } from './options.js';
import { patchCluster } from './patch.js';

const options = optionsFromEnvironment(process.env);
patchCluster(() => options, true);
