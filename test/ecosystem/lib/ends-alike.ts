/**
 * The question of every program here: does it end under `rondo start` as it ends under plain Node? By SIGTERM, by two
 * of them 10 ms apart, by an uncaught error, by an unhandled rejection, and by a reload under load.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { nativeOnly } from '../../fixtures/harness.js';
import { ask, idle, inFlight, startLoad } from './clients.js';
import { recorded } from './results.js';
import { type End, type LogEvent, type Running, run } from './running.js';
import { openSink, type Sink } from './sink.js';
import { type Group, SPECS, type Spec } from './specs.js';

/** rondo may take so much longer than plain Node: a busy machine's starts, and the grace of idle connections. */
const MORE_MS = 5_000;
/** In which plain Node would have ended, had it not survived. */
const SURVIVED_MS = 1_500;
const TWICE_MS = 10;
const RELOADS = 2;
const WORKERS = 2;

export type Kind = 'error' | 'rejection';

export interface Stopped {
  end: End;
  ms: number;
  words: string[];
}

/** Every test of every program of a group. */
export function groupEndsAlike(group: Group): void {
  for (const spec of SPECS.filter((spec) => spec.group === group)) {
    test(spec.name, nativeOnly, (t) => endsAlike(t, spec));
  }
}

async function endsAlike(t: Test, spec: Spec): Promise<void> {
  const sink = await openSink();
  t.teardown(() => sink.close());
  const stopped = stopPlain(spec, sink);
  // It is awaited by each test, and a failure is each one's.
  stopped.catch(() => {});
  const subtest = (what: string, body: (t: Test) => Promise<string>): Promise<unknown> =>
    t.test(what, recorded(spec.name, what, body));

  await subtest('SIGTERM', async (t) => stopsAlike(t, spec, sink, await stopped, ['SIGTERM']));
  // Plain Node has no drain that a second signal could break off: what is right is what one SIGTERM does.
  await subtest('SIGTERM twice', async (t) =>
    stopsAlike(t, spec, sink, await stopped, ['SIGTERM', 'SIGTERM']),
  );
  if (spec.isSilent !== true) {
    await subtest('error', (t) => failsAlike(t, spec, sink, 'error'));
    await subtest('rejection', (t) => failsAlike(t, spec, sink, 'rejection'));
  }
  await subtest('reload', async (t) => reloadsAlike(t, spec, sink, await stopped));
}

async function stopPlain(spec: Spec, sink: Sink): Promise<Stopped> {
  const plain = await run(spec, { isRondo: false, workers: 1, sink: sink.url });
  const { answer, ms } = await stop(spec, plain, ['SIGTERM']);
  await answer;
  return { end: await plain.ended, ms, words: plain.words };
}

/** With a request in flight and an idle connection, where there is a server. */
async function stop(
  spec: Spec,
  running: Running,
  signals: NodeJS.Signals[],
): Promise<{ answer: Promise<string> | null; ms: number }> {
  let answer: Promise<string> | null = null;
  if (spec.isSilent !== true) {
    await idle(running.port);
    ({ answer } = await inFlight(running.port));
  }
  const startedAt = performance.now();
  for (const [index, signal] of signals.entries()) {
    if (index > 0) await delay(TWICE_MS);
    running.signal(signal);
  }
  await running.ended;
  return { answer, ms: performance.now() - startedAt };
}

async function stopsAlike(
  t: Test,
  spec: Spec,
  sink: Sink,
  plain: Stopped,
  signals: NodeJS.Signals[],
): Promise<string> {
  const rondo = await run(spec, { isRondo: true, workers: 1, sink: sink.url });
  const { answer, ms } = await stop(spec, rondo, signals);
  t.same(await rondo.ended, { code: 0, signal: null }, 'rondo ends with 0');
  t.same(
    rondo.log.filter(isExit).map(endOf),
    [expectedEnd(spec, plain)],
    'the worker as in plain Node',
  );
  t.same(rondo.words, plain.words, 'and writes the same');
  if (answer !== null) t.match(await answer, /^\d+$|^\{\}$/, 'the request in flight is answered');
  t.ok(ms < plain.ms + MORE_MS, `in ${Math.round(ms)} ms, plain Node in ${Math.round(plain.ms)}`);
  return textOf(plain.end);
}

async function failsAlike(t: Test, spec: Spec, sink: Sink, kind: Kind): Promise<string> {
  const path = kind === 'error' ? '/throw' : '/reject';
  const survives = spec.survives?.includes(kind) === true;
  const plain = await run(spec, { isRondo: false, workers: 1, sink: sink.url });
  const reports = (): number =>
    sink.asked.filter((path) => path.startsWith(spec.reportsTo ?? '\0')).length;
  const before = reports();
  await ask(plain.port, path);
  if (survives) {
    await Promise.race([plain.ended, delay(SURVIVED_MS)]);
    t.match(await ask(plain.port, '/'), String(plain.pid), 'plain Node goes on');
    plain.signal('SIGKILL');
  }
  const plainEnd = await plain.ended;
  const reported = reports();
  if (spec.reportsTo !== undefined) t.ok(reported > before, 'plain Node reports it');

  const rondo = await run(spec, { isRondo: true, workers: 1, sink: sink.url });
  const pid = Number(rondo.log.find(({ event }) => event === 'worker:starting')?.pid);
  await ask(rondo.port, path);
  let { port } = rondo;
  if (survives) {
    await delay(SURVIVED_MS);
    t.notOk(
      rondo.log.find(({ event }) => event === 'worker:draining'),
      'the worker goes on',
    );
  } else {
    const end = await rondo.event((line) => isExit(line) && line.pid === pid, 0);
    t.same(endOf(end), plainEnd, 'the worker ends as in plain Node');
    const next = await rondo.event((line) => line.event === 'worker:ready' && line.pid !== pid, 0);
    // Where the only worker closes its server before, the next one gets another port for its 0.
    port = next.listening?.[0]?.port ?? port;
    t.match(rondo.stderr(), ` on purpose`, 'the error is seen');
  }
  const words = [...rondo.words];
  await ask(port, '/');
  if (spec.reportsTo !== undefined) t.ok(reports() > reported, 'and reported');
  if (!survives) t.same(words, plain.words, 'what it writes is the same');
  rondo.signal('SIGTERM');
  t.same(await rondo.ended, { code: 0, signal: null }, 'rondo ends with 0');
  return survives ? 'goes on' : textOf(plainEnd);
}

async function reloadsAlike(t: Test, spec: Spec, sink: Sink, plain: Stopped): Promise<string> {
  const begunAt = performance.now();
  const rondo = await run(spec, { isRondo: true, workers: WORKERS, sink: sink.url });
  const startMs = performance.now() - begunAt;
  const load = spec.isSilent === true ? null : startLoad(rondo.port);
  // A load that nobody ends keeps the test running.
  t.teardown(() => load?.end());
  const startedAt = performance.now();
  for (let reload = 0; reload < RELOADS; reload++) {
    const done = rondo.event(({ event }) => event === 'reload:end' || event === 'reload:failed');
    rondo.signal('SIGHUP');
    t.equal((await done).event, 'reload:end', 'the reload succeeds');
  }
  const ended = (): LogEvent[] => rondo.log.filter(isExit);
  // A reload is done when the new ones serve; the old ones may end after it.
  while (ended().length < RELOADS * WORKERS) await rondo.event(isExit);
  const ms = performance.now() - startedAt;
  t.same(
    ended().map(endOf),
    Array(RELOADS * WORKERS).fill(expectedEnd(spec, plain)),
    'each old worker ends as in plain Node',
  );
  if (load !== null) {
    const { answered, failures } = await load.end();
    t.same(failures, [], `no request of ${answered + failures.length} fails`);
  }
  rondo.signal('SIGTERM');
  t.same(await rondo.ended, { code: 0, signal: null }, 'rondo ends with 0');
  const times = RELOADS * WORKERS + WORKERS;
  t.same(sorted(rondo.words), sorted(Array(times).fill(plain.words).flat()), 'and writes the same');
  const mostMs = RELOADS * WORKERS * (plain.ms + startMs + MORE_MS);
  t.ok(ms < mostMs, `${RELOADS} reloads in ${Math.round(ms)} ms`);
  return textOf(plain.end);
}

/** A signal that nobody handles is rondo's own to answer: a worker that has drained ends with 0. */
export function expectedEnd({ hasNoHandler }: Spec, { end }: Stopped): End {
  return hasNoHandler === true ? { code: 0, signal: null } : end;
}

export function isExit({ event }: LogEvent): boolean {
  return event === 'worker:exited';
}

export function endOf({ code, signal }: End): End {
  return { code, signal };
}

function textOf({ code, signal }: End): string {
  return signal ?? String(code);
}

function sorted(words: string[]): string[] {
  return [...words].sort();
}
