// Libraries that run something at exit, and count the listeners of a signal or raise it again: each ends under `rondo start` as under
// plain Node.

import { groupEndsAlike } from './lib/ends-alike.js';

groupEndsAlike('exit hooks');
