// Which event is next, and how long after the last one: pure, and the same for the same seed. What an event
// hits depends on who is there at that moment, so a run is alike and not the same.
import { CALM, ROUGH } from './events.mjs';
import { seeded, shuffled } from './random.mjs';

const PAUSE_MS = { least: 50, most: 450 };

/**
 * @typedef {object} Scheduled
 * @property {string} name
 * @property {number} pauseMs
 * @property {number} target from 0 up to 1
 * @property {number} amount from 0 up to 1
 */

/**
 * `next(isRough)`: dealt from a shuffled deck, so that each kind comes about as often.
 * @param {number} seed
 */
export function schedule(seed) {
  const random = seeded(seed);
  const calm = Object.keys(CALM);
  const rough = Object.keys(ROUGH);
  /** @type {Record<string, string[]>} */
  const decks = { calm: [], rough: [] };

  const newDeck = {
    calm: () => shuffled(calm, random),
    // Once more, and first: a slow machine may not get through the deck in a short run.
    rough: () => [...shuffled([...calm, ...rough], random), ...shuffled(rough, random)],
  };

  /**
   * @param {boolean} isRough
   * @returns {Scheduled}
   */
  return function next(isRough) {
    const kind = isRough ? 'rough' : 'calm';
    if (decks[kind].length === 0) decks[kind] = newDeck[kind]();
    const name = /** @type {string} */ (decks[kind].pop());
    const pauseMs = PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least);
    return { name, pauseMs, target: random(), amount: random() };
  };
}

/**
 * Of so many seconds, in rounds of about ten: calm and rough in turn, and the keep-alive clients in turn
 * without a pause, and with one that is longer than an idle connection's grace.
 * @param {number} seconds
 */
export function roundsOf(seconds) {
  const count = Math.max(2, Math.round(seconds / 10));
  return Array.from({ length: count }, (_, index) => ({
    seconds: Math.floor((seconds * (index + 1)) / count) - Math.floor((seconds * index) / count),
    isRough: index % 2 === 1,
    isPaced: index % 4 >= 2,
  }));
}
