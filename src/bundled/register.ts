/** `rondo/register` for bundlers. */

import './with/cluster.js';
import './with/metrics.js';
import '../register.js';
