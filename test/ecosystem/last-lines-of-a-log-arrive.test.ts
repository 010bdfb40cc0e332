// Loggers, whose last lines must arrive, and metrics: each ends under `rondo start` as under
// plain Node.

import { groupEndsAlike } from './lib/ends-alike.js';

groupEndsAlike('logs and metrics');
