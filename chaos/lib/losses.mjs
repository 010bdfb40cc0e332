// What the deaths of workers may cost: the connections that they had.

const OF_DEATHS = new Set(['hanging', 'dying', 'worker:hung', 'worker:exited']);

/**
 * Adds up what the deaths of a round may cost.
 * @param {import('./program.mjs').Program} program
 */
export function watchLosses(program) {
  /** @type {Map<number, number>} */
  const byPid = new Map();
  /** @type {Map<number, number>} */
  const hungAt = new Map();
  /** @type {import('./rounds.mjs').Round['hangs']} */
  const hangs = [];
  /**
   * @param {number} pid
   * @param {number} open
   */
  const add = (pid, open) => {
    byPid.set(pid, Math.max(open, byPid.get(pid) ?? 0));
  };
  /**
   * @param {string} event
   * @param {import('./program.mjs').Told & { open: number }} told
   */
  const onTold = (event, told) => {
    if (!OF_DEATHS.has(event)) return;
    const { pid, open, reason } = told;
    if (event !== 'worker:exited') add(pid, open);
    if (event === 'hanging') hungAt.set(pid, performance.now());
    const since = hungAt.get(pid);
    if (event !== 'worker:exited' || since === undefined) return;
    const ms = Math.round(performance.now() - since);
    hangs.push({ pid, ms, reason: String(reason) });
  };
  program.on('told', onTold);
  return { byPid, hangs, add, end: () => void program.off('told', onTold) };
}
