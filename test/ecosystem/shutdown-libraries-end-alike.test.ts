// Libraries that close a server on SIGTERM: each ends under `rondo start` as under
// plain Node.

import { groupEndsAlike } from './lib/ends-alike.js';

groupEndsAlike('shutdown libraries');
