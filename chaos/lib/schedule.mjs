// Which event is next, and how long after the last one: pure, and the same for the same seed. What an event
// hits depends on who is there at that moment, so a run is alike and not the same.
import { CALM, ROUGH } from './events.mjs';
import { seeded, shuffled } from './random.mjs';

const PAUSE_MS = { least: 50, most: 450 };
const REMAINDER_S = { each: 4, most: 30 };

/**
 * @typedef {object} Scheduled
 * @property {string} name
 * @property {number} pauseMs
 * @property {number} target from 0 up to 1
 * @property {number} amount from 0 up to 1
 *
 * @typedef {(isRough: boolean) => Scheduled | null} Next null when there is none any more
 *
 * @typedef {object} Plan
 * @property {number} seconds
 * @property {boolean} isRough
 * @property {boolean} isPaced
 * @property {number} [eventsMs] for so long events may begin, in place of until shortly before the load ends
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
 * What has had no turn until then, each once; null without any.
 * @param {string[]} names
 * @param {number} seed
 * @returns {{ plan: Plan, next: Next } | null}
 */
export function remainder(names, seed) {
  if (names.length === 0) return null;
  const random = seeded(seed);
  const left = [...names];
  const rough = Object.keys(ROUGH);
  const seconds = Math.min(REMAINDER_S.most, (left.length + 1) * REMAINDER_S.each);
  const isRough = left.some((name) => rough.includes(name));
  const next = () => {
    const name = left.shift();
    if (name === undefined) return null;
    return { name, pauseMs: PAUSE_MS.least, target: random(), amount: random() };
  };
  return { plan: { seconds, isRough, isPaced: false, eventsMs: REMAINDER_S.most * 1_000 }, next };
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
