// Reporters of errors that end the process only if nobody else listens: each ends under `rondo start` as under
// plain Node.

import { groupEndsAlike } from './lib/ends-alike.js';

groupEndsAlike('error reporters');
