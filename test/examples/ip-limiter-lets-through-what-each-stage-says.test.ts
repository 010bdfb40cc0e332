// The three stages of examples/ip-limiter/, each asked 10 times, 5 at once, as `ab -n 10 -c 5` does. The first is a race and
// promises nothing; the others let exactly 3 through. All have 'ip-limiter/server.mjs' in common.

import { type Test, test } from 'tap';
import { isFree, startExample } from '../fixtures/examples.js';
import { nativeOnly, transports } from '../fixtures/harness.js';

const LIMIT = 3;

async function passed(t: Test, stage: string, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const example = startExample(t, stage, env);
  const [, port] = await example.prints(/127\.0\.0\.1:(\d+)\/ is served by 4 workers/);
  const statuses: number[] = [];
  let left = 10;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const headers = { connection: 'close' };
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
      statuses.push(response.status);
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: 5 }, client));
  t.equal(statuses.length, 10, 'all are answered');
  t.ok(statuses.every((status) => status === 200 || status === 429));
  await example.interrupt(t);
  t.ok(await isFree(Number(port)));
  return statuses.filter((status) => status === 200).length;
}

for (const transport of transports()) {
  const env = transport === 'ipc' ? { RONDO_NATIVE: '0' } : {};

  test(`${transport}: a naive relay`, async (t) => {
    const count = await passed(t, 'ip-limiter/1-relay.mjs', env);
    t.ok(count >= LIMIT, 'at least as many as may pass');
    t.comment(`${count} of 10 have passed, ${LIMIT} should`);
  });

  test(`${transport}: an asynchronous store`, async (t) => {
    t.equal(await passed(t, 'ip-limiter/2-asynchronous.mjs', env), LIMIT);
  });
}

test('exact counters', nativeOnly, async (t) => {
  t.equal(await passed(t, 'ip-limiter/3-exact.mjs'), LIMIT);
});
