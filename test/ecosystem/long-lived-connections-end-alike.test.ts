// Programs with connections that stay: each ends under `rondo start` as under plain Node, and a WebSocket's client is
// told goodbye as fast.

import { once } from 'node:events';
import { type Test, test } from 'tap';
import { WebSocket } from 'ws';
import { nativeOnly } from '../fixtures/harness.js';
import { groupEndsAlike } from './lib/ends-alike.js';
import { recorded } from './lib/results.js';
import { run } from './lib/running.js';
import { SPECS, type Spec } from './lib/specs.js';

const MORE_MS = 3_000;
const spec = SPECS.find(({ name }) => name === 'ws') as Spec;

groupEndsAlike('connections that stay');

/** How it was closed, how long after the signal. */
async function goodbye(isRondo: boolean, signal: NodeJS.Signals): Promise<[number, number]> {
  const running = await run(spec, { isRondo, workers: 1, sink: '' });
  const socket = new WebSocket(`ws://127.0.0.1:${running.port}`);
  await once(socket, 'message');
  const startedAt = performance.now();
  running.signal(signal);
  const [code] = (await once(socket, 'close')) as [number];
  const ms = performance.now() - startedAt;
  if (signal !== 'SIGTERM') running.signal('SIGTERM');
  await running.ended;
  return [code, ms];
}

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  const what = signal === 'SIGTERM' ? 'goodbye at a stop' : 'goodbye at a reload';
  const compared = recorded('ws', what, async (t: Test) => {
    const [plain, plainMs] = await goodbye(false, 'SIGTERM');
    const [rondo, ms] = await goodbye(true, signal);
    t.equal(plain, 1001, 'plain Node tells 1001');
    t.equal(rondo, plain, 'and so does rondo');
    t.ok(ms < plainMs + MORE_MS, `in ${Math.round(ms)} ms, plain Node in ${Math.round(plainMs)}`);
    return String(plain);
  });
  test(`ws: ${what}`, nativeOnly, compared);
}
