/**
 * Connections in proportion to the slots' weights, and smoothly: with 2 and 1 it is a, b, a, and not a, a,
 * b. The slot wins that has the fewest for its weight when it has got this one.
 */

import { leastInTurn } from './in-turn.js';
import type { PolicyDefinition } from './policy.js';

export const weighted: PolicyDefinition = {
  name: 'weighted',
  help: "in turn, and as many as each slot's weight says",
  keepsEven: 'count-per-weight',
  keys: {},
  settings: () => ({}),
  create:
    () =>
    ({ eligible, last }) =>
      leastInTurn(eligible, last, (a, b) => (a.count + 1) * b.weight < (b.count + 1) * a.weight),
};
