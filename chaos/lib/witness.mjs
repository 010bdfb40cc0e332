// Everything the supervisor told of in a run, and what of it has no cause in what was done to it.

/** Of workers that drained. An error meanwhile makes it 1 for any reason. */
const CODES = { reload: 0, scale: 0, recycle: 0, signal: 0, stop: 0, error: 1 };
/** None of what was done should lead to it. */
const NEVER = new Set(['seat:stopped', 'reload:failed', 'recycle:failed', 'unhealthy', 'failed']);

/** @param {import('./program.mjs').Program} program */
export function watch(program) {
  /** @type {Record<string, number>} */
  const ends = {};
  /** @type {string[]} */
  const unexpected = [];
  /** @type {string[]} */
  const failures = [];
  let destroyed = 0;
  /** @type {Set<number>} */
  const erred = new Set();

  program.on('told', (event, ...args) => {
    if (NEVER.has(event)) failures.push(`${event} ${JSON.stringify(args)}`);
    const [told] = args;
    if (event === 'worker:error') erred.add(told.pid);
    if (event !== 'worker:exited') return;
    const { pid, reason, code, signal, drained } = told;
    const how = signal === 'SIGKILL' && reason === 'exit' ? 'SIGKILL' : String(reason);
    ends[how] = (ends[how] ?? 0) + 1;
    destroyed += drained?.destroyed ?? 0;
    const expected = erred.has(pid) ? 1 : CODES[/** @type {keyof typeof CODES} */ (reason)];
    const isAsked = signal === null && code === expected;
    if (!isAsked && !program.harmed.has(pid)) unexpected.push(JSON.stringify(told));
  });

  return {
    ends,
    unexpected,
    failures,
    destroyed: () => destroyed,
  };
}
