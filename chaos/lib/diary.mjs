// What was done and told in a round, and when: to be read beside the requests that had no end.

/** @typedef {{ ms: number, text: string }} Entry by the monotonic clock, which is also the load generator's */

/** Of what led to a request without an end. */
const BEFORE_MS = 2_000;

/** @param {import('./program.mjs').Program} program */
export function keepDiary(program) {
  /** @type {Entry[]} */
  const entries = [];
  const note = (/** @type {string} */ text) => {
    entries.push({ ms: Number(process.hrtime.bigint() / 1_000_000n), text });
  };
  const onTold = (
    /** @type {string} */ event,
    /** @type {any} */ told,
    /** @type {unknown[]} */ ...more
  ) => note(`  ${event} ${[told, ...more].map(brief).join(' ')}`);
  program.on('told', onTold);
  return { entries, note, end: () => void program.off('told', onTold) };
}

/**
 * The first of the requests that hung, and the entries from shortly before them until they were given up; empty if none did.
 * @param {import('./rounds.mjs').Round} round
 * @param {number} hangMs
 */
export function storyOf({ loads, diary }, hangMs) {
  const hung = Object.entries(loads).flatMap(([load, { hungAt = [] }]) =>
    hungAt.map((one) => ({ ...one, load })),
  );
  if (hung.length === 0) return [];
  const first = Math.min(...hung.map(({ startMs }) => startMs));
  const last = Math.max(...hung.map(({ startMs }) => startMs));
  const near = diary.filter(({ ms }) => ms > first - BEFORE_MS && ms < last + hangMs);
  const asked = hung.map(({ startMs, worker, load }) => ({
    ms: startMs,
    text: `hung: ${load}, ${worker === null ? 'a new connection' : `last served by ${worker}`}`,
  }));
  return [...near, ...asked]
    .sort((a, b) => a.ms - b.ms)
    .map(({ ms, text }) => `${ms - first} ms ${text}`);
}

/** @param {any} told */
function brief(told) {
  if (told?.pid === undefined) return JSON.stringify(told) ?? '';
  const { pid, seat, reason, signal, ageMs, open } = told;
  return JSON.stringify({ pid, seat, reason, signal, ageMs, open });
}
