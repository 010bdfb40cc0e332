// Frameworks with shutdown hooks of their own: each ends under `rondo start` as under
// plain Node.

import { groupEndsAlike } from './lib/ends-alike.js';

groupEndsAlike('frameworks');
