// Numbers that look random and are the same in every run with the same seed (Marsaglia's xorshift32).

/**
 * @param {number} seed
 * @returns {() => number} from 0 up to, and without, 1
 */
export function seeded(seed) {
  // The generator stays at 0 for ever, and seeds that are close together begin alike.
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {() => number} random
 */
export function shuffled(list, random) {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}
