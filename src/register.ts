/**
 * `node --import rondo/register app.js`. See cluster/register.ts.
 *
 * @packageDocumentation
 */

import './cluster/register.js';
