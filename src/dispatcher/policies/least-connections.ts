/** The slot that has the fewest connections; among equals the next in turn. */

import { hasFewer, leastInTurn } from './in-turn.js';
import type { PolicyDefinition } from './policy.js';

export const leastConnections: PolicyDefinition = {
  name: 'least-connections',
  help: 'the one with the fewest connections at the moment',
  keepsEven: 'open',
  keys: {},
  settings: () => ({}),
  create:
    () =>
    ({ eligible, last }) =>
      leastInTurn(eligible, last, hasFewer),
};
