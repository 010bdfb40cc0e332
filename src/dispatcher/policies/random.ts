/** Any slot, each as likely: mulberry32, as a function of how many picks there were. */

import { checkInteger } from '../../options.js';
import type { RandomOptions } from '../../types/policy.js';
import type { PolicyDefinition } from './policy.js';

const LARGEST_SEED = 0xffff_ffff;

export const random: PolicyDefinition<Omit<RandomOptions, 'name'>> = {
  name: 'random',
  help: 'any, each as likely',
  keepsEven: null,
  keys: { seed: true },
  settings({ seed = Math.floor(Math.random() * (LARGEST_SEED + 1)) }) {
    checkInteger('policy.seed', seed, 0, LARGEST_SEED);
    return { seed };
  },
  create:
    ({ seed }) =>
    ({ eligible, picks }) => {
      const index = Math.floor((numberAt(seed, picks) * eligible.length) / 2 ** 32);
      return eligible[index] as (typeof eligible)[number];
    },
};

/** The number after so many others: 0 to 2^32 - 1. */
function numberAt(seed: number, index: number): number {
  const state = (seed + Math.imul(index + 1, 0x6d2b_79f5)) >>> 0;
  let z = Math.imul(state ^ (state >>> 15), state | 1);
  z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
  return (z ^ (z >>> 14)) >>> 0;
}
