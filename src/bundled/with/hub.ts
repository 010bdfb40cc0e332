/** What `rondo/hub` loads when it is needed. */

import * as address from '../../hub/address.js';
import * as directory from '../../hub/directory.js';
import { bring } from '../../lazy.js';

bring({ 'hub/address.js': address, 'hub/directory.js': directory });
