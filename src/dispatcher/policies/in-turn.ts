/** The turn, which decides among slots that are alike for a policy. */

import type { Candidate } from './policy.js';

/**
 * Of the slots that no other is less than, the first after the slot `last`, round the circle. `slots` is
 * not empty and in order of slot numbers.
 */
export function leastInTurn<C extends Candidate>(
  slots: readonly C[],
  last: number,
  isLess: (a: C, b: C) => boolean,
): C {
  const start = Math.max(
    0,
    slots.findIndex(({ slot }) => slot > last),
  );
  let best = slots[start] as C;
  for (let i = 1; i < slots.length; i++) {
    const other = slots[(start + i) % slots.length] as C;
    if (isLess(other, best)) best = other;
  }
  return best;
}

export function hasFewer(a: Candidate, b: Candidate): boolean {
  return a.open < b.open;
}
