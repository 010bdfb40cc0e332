/** What `rondo/shared` loads when it is needed. */

import './hub.js';
import { bring } from '../../lazy.js';
import * as throughPrimary from '../../shared/through-primary.js';

bring({ 'shared/through-primary.js': throughPrimary });
