/** What the drop-in loads when it is needed, and the Supervisor by it. */

import './shared.js';
import * as child from '../../cluster/child.js';
import * as fork from '../../cluster/fork.js';
import * as preload from '../../cluster/preload.js';
import * as primary from '../../cluster/primary.js';
import * as collectWorker from '../../collect/worker.js';
import * as options from '../../dispatcher/options.js';
import * as errors from '../../errors.js';
import { bring } from '../../lazy.js';
import * as environment from '../../worker/environment.js';

bring({
  'cluster/child.js': child,
  'cluster/fork.js': fork,
  'cluster/preload.js': preload,
  'cluster/primary.js': primary,
  'collect/worker.js': collectWorker,
  'dispatcher/options.js': options,
  'errors.js': errors,
  'worker/environment.js': environment,
});
