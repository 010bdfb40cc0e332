/**
 * Leaves out slots whose event loop is late, then takes the one with the fewest connections. The one that
 * is least late is never left out.
 */

import { hasFewer, leastInTurn } from './in-turn.js';
import type { PolicyDefinition } from './policy.js';

/** A delay that no busy server is without. */
const USUAL_DELAY_US = 20_000;

export const leastLoaded: PolicyDefinition = {
  name: 'least-loaded',
  help: 'leaves out those whose event loop is late, then as least-connections',
  keepsEven: null,
  keys: {},
  settings: () => ({}),
  create:
    () =>
    ({ eligible, last }) => {
      const least = Math.min(...eligible.map(({ loopDelayUs }) => loopDelayUs));
      const limit = Math.max(USUAL_DELAY_US, 2 * least);
      const prompt = eligible.filter(({ loopDelayUs }) => loopDelayUs <= limit);
      return leastInTurn(prompt, last, hasFewer);
    },
};
