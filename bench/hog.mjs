// Keeps one core busy beside a cell, all the time or with pauses: `node hog.mjs SECONDS BUSY_MS IDLE_MS`.
// It ends after so many seconds whatever happens, and with the runner that started it.
const [seconds, busyMs, idleMs] = process.argv.slice(2).map(Number);
/** After each the event loop has its turn, which is how the end of the runner is noticed. */
const SLICE_MS = 5;

const end = performance.now() + seconds * 1_000;
process.on('disconnect', () => process.exit());
process.send?.('busy');
setImmediate(work, performance.now() + busyMs);

/** @param {number} until */
function work(until) {
  spin(Math.min(until, performance.now() + SLICE_MS));
  const now = performance.now();
  if (now >= end) process.exit();
  if (now < until) setImmediate(work, until);
  else setTimeout(() => work(performance.now() + busyMs), idleMs);
}

/** @param {number} until */
function spin(until) {
  while (performance.now() < until);
}
