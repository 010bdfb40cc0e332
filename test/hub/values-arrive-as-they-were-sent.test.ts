// What can be cloned arrives as it was; what cannot, or is too large, is an error of who sends it.

import { test } from 'tap';
import { startHubs } from '../fixtures/hub.js';

test('values', async (t) => {
  const program = await startHubs(t, 2);
  const send = async (): Promise<string> => {
    const cyclic: Record<string, unknown> = { name: 'cyclic' };
    cyclic.self = cyclic;
    const shared = { a: 1 };
    const values: unknown[][] = [
      [],
      [
        undefined,
        null,
        true,
        false,
        0,
        -0,
        1.5,
        Number.NaN,
        Number.NEGATIVE_INFINITY,
        2 ** 31,
        -(2 ** 31),
      ],
      ['', 'a', 'ä€😀', '\ud800', 'x'.repeat(70_000)],
      [Buffer.from('abc'), Buffer.alloc(0), Buffer.alloc(70_000, 1), new Uint8Array([1, 2])],
      [new Map([[1, new Set(['a'])]]), new Date(0), 10n ** 30n, /x/gi, new Error('e')],
      [new Float64Array([1.5]), new Uint16Array([1, 2]), new DataView(new ArrayBuffer(3))],
      [new ArrayBuffer(4), new Array(3), { a: undefined, b: [Buffer.from('nested')] }],
      [cyclic, [shared, shared]],
      [{ id: 1, name: 'ä', tags: ['a', null, { deep: [true, 1.5] }] }, [[]], {}],
      [
        {
          zero: -0,
          hole: Object.assign(new Array(3), { 1: 1 }),
          own: Object.assign([1], { more: 1 }),
        },
        { at: new Date(0) },
      ],
      [JSON.parse('{"__proto__": 1, "toJSON": 2}')],
      [Array.from({ length: 30 }, (_, n) => ({ n }))],
      [shared, shared],
      Array.from({ length: 40 }, (_, n) => n),
    ];
    const { util } = globalThis as unknown as import('../fixtures/hub.js').Globals;
    const show = (args: unknown[]): string =>
      util.inspect(args, { depth: 9, maxStringLength: 50, maxArrayLength: 50 });
    if (hub.listenerCount('value') === 0) {
      // The sender.
      for (const args of values) await hub.sendTo(1, 'value', ...args);
      return values.map(show).join('\n');
    }
    const all = (await untilGot(values.length)).map(({ args }) => args);
    const typed = all[5]?.[0] as Float64Array;
    if (typed.buffer.byteLength !== 8) throw new Error('its memory is its own');
    const [one, two] = (all[7] as object[][])[1] as object[];
    if (one !== two) throw new Error('one object stays one');
    const [first, second] = all[12] as object[];
    if (first !== second) throw new Error('also as two arguments');
    return all.map(show).join('\n');
  };
  await program.worker(2, () => record('value'));
  const sent = await program.worker(1, send);
  // An error's stack has the place where it was made.
  const plain = (text: string): string => text.replaceAll(/\n\s+at .*/g, '');
  t.equal(plain(await program.worker(2, send)), plain(sent));
});

test('what cannot be sent', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, () => record('value'));
  const failures = await program.worker(1, async () => {
    await hub.ready();
    hub.configure({ maxMessageBytes: 1_000 });
    const calls: Array<() => unknown> = [
      () => hub.emit('value', () => {}),
      () => hub.sendTo(1, 'value', { a: Symbol('s') }),
      () => hub.emit('value', { toJSON: () => 'x' }),
      () => hub.request(1, 'value', new SharedArrayBuffer(1)),
      () => hub.emit('value', 'x'.repeat(1_000)),
      () => hub.emit('value', ['x'.repeat(1_000)]),
      () => hub.emit('value', 'x'.repeat(900)),
    ];
    return Promise.all(calls.map(failure));
  });
  t.match(failures, [
    { code: 'ERR_RONDO_HUB_VALUE', message: /^The arguments of the event 'value' .*\(\) => \{/ },
    { code: 'ERR_RONDO_HUB_VALUE', message: /Symbol\(s\)/ },
    { code: 'ERR_RONDO_HUB_VALUE', message: /"x"/ },
    { code: 'ERR_RONDO_HUB_VALUE', message: /SharedArrayBuffer/ },
    { code: 'ERR_RONDO_HUB_TOO_LARGE', message: / 10\d\d bytes .*'maxMessageBytes' is 1000$/ },
    { code: 'ERR_RONDO_HUB_TOO_LARGE', received: /\d/ },
    null,
  ]);
  t.equal(await program.worker(2, async () => (await untilGot(1)).length), 1, 'only the good one');
});

test('wrong arguments are named', async (t) => {
  const program = await startHubs(t, 1);
  const failures = await program.worker(1, async () => {
    const wrong = hub as unknown as Record<string, (...args: unknown[]) => unknown>;
    const calls: Array<() => unknown> = [
      () => wrong.emit?.(''),
      () => wrong.emit?.(Symbol('x')),
      () => wrong.on?.('ä'.repeat(128), () => {}),
      () => wrong.on?.('a', 'b'),
      () => wrong.handle?.('a'),
      () => wrong.sendTo?.('nobody', 'a'),
      () => wrong.sendTo?.(-1, 'a'),
      () => wrong.request?.({ pid: 'x' }, 'a'),
      () => wrong.request?.(0, 'a', { timeoutMs: -1 }),
      () => wrong.request?.(0, 'a', { signal: 1 }),
      () => wrong.configure?.({ idleMs: 0 }),
      () => wrong.configure?.({ overflow: 'wait' }),
      () => wrong.configure?.({ maxQueuedBytes: 10 }),
      () => wrong.configure?.({ size: 1 }),
    ];
    return (await Promise.all(calls.map(failure))).map((one) => `${one?.code} ${one?.option}`);
  });
  const invalid = 'ERR_RONDO_INVALID_OPTION';
  t.strictSame(failures, [
    `${invalid} event`,
    `${invalid} event`,
    `${invalid} event`,
    `${invalid} listener`,
    `${invalid} handler`,
    `${invalid} target`,
    `${invalid} target`,
    `${invalid} target`,
    `${invalid} timeoutMs`,
    `${invalid} signal`,
    `${invalid} idleMs`,
    `${invalid} overflow`,
    `${invalid} maxQueuedBytes`,
    'ERR_RONDO_UNKNOWN_OPTION size',
  ]);
});
