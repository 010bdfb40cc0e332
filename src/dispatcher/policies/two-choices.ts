/**
 * Of two slots the one that has fewer connections. Two indices go round against each other, and with each
 * lap of the first the second starts one further, so that every two of the slots meet.
 */

import type { PolicyDefinition } from './policy.js';

export const twoChoices: PolicyDefinition = {
  name: 'two-choices',
  help: 'of two, the one with fewer connections; which two changes each time',
  keepsEven: null,
  keys: {},
  settings: () => ({}),
  create:
    () =>
    ({ eligible, picks }) => {
      const n = eligible.length;
      const first = picks % n;
      let second = (2 * n - 1 - first - (Math.floor(picks / n) % n)) % n;
      if (second === first) second = (second + 1) % n;
      const [a, b] = [at(eligible, first), at(eligible, second)];
      return b.open < a.open ? b : a;
    },
};

function at<C>(list: readonly C[], index: number): C {
  return list[index] as C;
}
