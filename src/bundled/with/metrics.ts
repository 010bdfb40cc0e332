/** What the preload loads where `RONDO_METRICS` is set. */

import * as dropInMetrics from '../../cli/drop-in-metrics.js';
import { bring } from '../../lazy.js';

bring({ 'cli/drop-in-metrics.js': dropInMetrics });
