// A request gets one answer: the reply, the error of the other side, or why there is none.

import { test } from 'tap';
import { proceed, stop } from '../fixtures/faults.js';
import { type Globals, startHubs } from '../fixtures/hub.js';

test('replies and errors', async (t) => {
  const program = await startHubs(t, 3);
  for (const id of [2, 3]) {
    await program.worker(id, async ({ delay }) => {
      hub.handle('who', (...args) => ({ args, from: hub.sender()?.seat, seat: hub.self()?.seat }));
      hub.handle('later', async (value) => {
        await delay(1);
        return value;
      });
      hub.handle('throws', () => {
        throw Object.assign(new RangeError('too far'), { code: 'EFAR' });
      });
      hub.handle('rejects', () => Promise.reject('a string'));
      hub.handle('bad', () => () => {});
      hub.handle('large', () => 'x'.repeat(2_000_000));
      await hub.ready();
    });
  }
  const replies = await program.worker(1, async () => {
    await hub.ready();
    const { pid } = hub.members()[0] ?? { pid: 0 };
    const random = (await hub.request('random', 'who')) as { seat: number };
    return [
      await hub.request(1, 'who', 1, 'a', { timeoutMs: 1 }, { timeoutMs: 5_000 }),
      await hub.request(2, 'later', undefined),
      await hub.request({ pid }, 'later', 'by pid'),
      ((await hub.request('workers', 'who')) as Array<{ seat: number }>)
        .map(({ seat }) => seat)
        .sort(),
      [1, 2].includes(random.seat),
      await hub.request('workers', 'nobody handles it'),
    ];
  });
  t.strictSame(replies, [
    { args: [1, 'a', { timeoutMs: 1 }], from: 0, seat: 1 },
    null,
    'by pid',
    [1, 2],
    true,
    [],
  ]);
  const failures = await program.worker(1, () => {
    const { requestOptions } = globalThis as unknown as Globals;
    const calls: Array<() => unknown> = [
      () => hub.request(1, 'throws'),
      () => hub.request(1, 'rejects'),
      () => hub.request(1, 'bad'),
      () => hub.request(1, 'large'),
      () => hub.request(1, 'nobody handles it'),
      () => hub.request(9, 'who'),
      () => hub.request('agent', 'who'),
      () => hub.request(1, 'later', requestOptions({ signal: AbortSignal.abort('no') })),
    ];
    return Promise.all(
      calls.map((call) => failure(call).catch((reason) => reason as { name: string })),
    );
  });
  t.match(failures.slice(0, 7), [
    { name: 'RangeError', message: 'too far', code: 'EFAR', remote: { seat: 1, role: 'worker' } },
    { name: 'Error', message: 'a string' },
    { name: 'RondoError', code: 'ERR_RONDO_HUB_VALUE' },
    { name: 'RondoError', code: 'ERR_RONDO_HUB_TOO_LARGE' },
    { code: 'ERR_RONDO_HUB_NO_HANDLER', message: /'nobody handles it'/ },
    { code: 'ERR_RONDO_HUB_GONE', message: /the worker 9/ },
    { code: 'ERR_RONDO_HUB_GONE', message: /the agent/ },
  ]);
});

test('no answer', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, async () => {
    hub.handle('never', () => new Promise(() => {}));
    await hub.ready();
  });
  const failures = await program.worker(1, async ({ delay }) => {
    await hub.ready();
    const controller = new AbortController();
    const aborted = failure(() => hub.request(1, 'never', { signal: controller.signal }));
    const timedOut = failure(() => hub.request(1, 'never', { timeoutMs: 20 }));
    const killed = failure(() => hub.request(1, 'never', { timeoutMs: 0 }));
    while (hub.stats().sent < 3) await delay(1);
    controller.abort(new Error('not wanted any more'));
    const first = [await aborted, await timedOut];
    process.kill(hub.members()[0]?.pid ?? 0, 'SIGKILL');
    return [...first, await killed, await failure(() => hub.request(1, 'never'))];
  });
  t.match(failures, [
    { message: 'not wanted any more' },
    { code: 'ERR_RONDO_HUB_TIMEOUT', message: /'never' to the worker 1 .* 20 ms/ },
    { code: 'ERR_RONDO_HUB_GONE', message: /the worker 1 \(pid \d+\)/ },
    { code: 'ERR_RONDO_HUB_GONE' },
  ]);
});

test('an answer that came before the end of the other is not lost', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, async () => {
    hub.handle('last', () => 'words');
    await hub.ready();
  });
  const answer = await program.worker(1, async ({ fs }) => {
    await hub.ready();
    const { pid } = hub.members()[0] ?? { pid: 0 };
    // So that there is a connection.
    await hub.request(1, 'last');
    const asked = hub.request(1, 'last');
    // Without a turn of this loop: the answer is in the kernel, and so is the end of who gave it.
    await new Promise((resolve) => process.nextTick(resolve));
    const end = Date.now() + 300;
    while (Date.now() < end);
    process.kill(pid, 'SIGKILL');
    while (/^State:\s+[^ZX]/m.test(readStatus())) {}
    return asked;

    function readStatus(): string {
      try {
        return fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      } catch {
        return '';
      }
    }
  });
  t.equal(answer, 'words');
});

test('a request to one that stands is answered when it goes on', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, async () => {
    hub.handle('echo', (value) => value);
    await hub.ready();
  });
  await program.worker(1, () => hub.ready());
  await stop(program.pids[1] as number);
  const answer = program.worker(1, () => hub.request(1, 'echo', 7, { timeoutMs: 0 }));
  await program.worker(1, () => hub.stats());
  proceed(program.pids[1] as number);
  t.equal(await answer, 7);
});

test('one handler an event', async (t) => {
  const program = await startHubs(t, 1);
  const codes = await program.worker(1, async () => {
    hub.handle('a', () => 1);
    const second = await failure(() => hub.handle('a', () => 2));
    const first = await hub.request(0, 'a');
    hub.unhandle('a').handle('a', () => 2);
    return [second?.code, first, await hub.request(0, 'a')];
  });
  t.strictSame(codes, ['ERR_RONDO_HUB_HANDLED', 1, 2], 'also to itself');
});
