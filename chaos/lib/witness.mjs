// Everything the supervisor told of in a run, and what of it has no cause in what was done to it.

import { pidIn } from './hits.mjs';

/** Of workers that drained. An error meanwhile makes it 1 for any reason. */
const CODES = { reload: 0, scale: 0, recycle: 0, upgrade: 0, signal: 0, stop: 0, error: 1 };
const TO_THE_GROUP = new Set(['SIGHUP', 'SIGUSR2']);
/** None of what was done should lead to it. */
const NEVER = new Set(['seat:stopped', 'unhealthy', 'failed', 'forced']);
/** Nor to these, unless it was done to the new worker. */
const OF_NEW_WORKERS = new Set(['reload:failed', 'recycle:failed']);

/** @param {import('./program.mjs').Program} program */
export function watch(program) {
  /** @type {Record<string, number>} */
  const ends = {};
  /** By worker; who was harmed may be known later. @type {Array<[number, string]>} */
  const ended = [];
  /** @type {Array<[number | null, string]>} */
  const failures = [];
  let destroyed = 0;
  /** @type {Set<number>} */
  const erred = new Set();

  program.on('told', (event, ...args) => {
    const [told] = args;
    const text = `${event} ${JSON.stringify(args)}`;
    if (NEVER.has(event)) failures.push([null, text]);
    if (OF_NEW_WORKERS.has(event)) failures.push([pidIn(told), text]);
    if (event === 'worker:error') erred.add(told.pid);
    if (event !== 'worker:exited') return;
    const { pid, reason, code, signal, drained } = told;
    const how = signal === 'SIGKILL' && reason === 'exit' ? 'SIGKILL' : String(reason);
    ends[how] = (ends[how] ?? 0) + 1;
    destroyed += drained?.destroyed ?? 0;
    const expected = erred.has(pid) ? 1 : CODES[/** @type {keyof typeof CODES} */ (reason)];
    const isAsked = signal === null && code === expected;
    // To the whole group, before it can heed it.
    const isStray = TO_THE_GROUP.has(signal) && told.readyAfterMs === null;
    if (!isAsked && !isStray) ended.push([pid, JSON.stringify(told)]);
  });
  const { harmed, hit } = program;
  const isRight = (/** @type {number | null} */ pid) =>
    pid !== null && (harmed.has(pid) || hit.has(pid));

  return {
    ends,
    /** Workers that ended for no reason. */
    unexpected: () => ended.filter(([pid]) => !harmed.has(pid)).map(([, text]) => text),
    failures: () => failures.filter(([pid]) => !isRight(pid)).map(([, text]) => text),
    destroyed: () => destroyed,
  };
}
