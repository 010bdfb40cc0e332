/** As many connections for each slot, in turn. */

import { leastInTurn } from './in-turn.js';
import type { Picker, PolicyDefinition } from './policy.js';

/** Also what a connection is dealt by that another policy has no answer for. */
export const pickRoundRobin: Picker = ({ eligible, last }) =>
  leastInTurn(eligible, last, (a, b) => a.count < b.count);

export const roundRobin: PolicyDefinition = {
  name: 'round-robin',
  help: 'in turn, and as many for each',
  keepsEven: 'count',
  keys: {},
  settings: () => ({}),
  create: () => pickRoundRobin,
};
