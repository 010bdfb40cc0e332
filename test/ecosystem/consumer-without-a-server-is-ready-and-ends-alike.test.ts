// Consumers of a queue, which have no server at all: each ends under `rondo start` as under
// plain Node.

import { groupEndsAlike } from './lib/ends-alike.js';

groupEndsAlike('no server');
