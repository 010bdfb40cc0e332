// Functions among the arguments of an event: both ends, with what is said between them.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'tap';
import { type Caller, Functions, unpacked } from '../../src/compat/clusterhub/functions.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** The other end of these functions. */
const callerOf = (functions: Functions): Caller => ({
  call: (key, args) => functions.call(key, args),
  release: (key) => functions.release(key),
});

test('they are where they were, and are called', async (t) => {
  const functions = new Functions();
  const called: unknown[] = [];
  const packed = functions.pack([(n: unknown) => called.push(n), 'a', 1, () => called.push('b')]);
  t.strictSame(packed.args, ['a', 1], 'the rest can be cloned');
  const [first, a, one, last] = unpacked(packed, callerOf(functions)) as [
    (word: string) => void,
    string,
    number,
    () => void,
  ];
  t.strictSame([a, one], ['a', 1]);
  first('x');
  last();
  t.strictSame(called, ['x', 'b']);
});

test('what could not be sent is not kept', async (t) => {
  const functions = new Functions();
  functions.unpack(functions.pack([() => {}, () => {}]));
  t.equal(functions.size, 0);
});

test('when the other end has no use for one, it is forgotten', async (t) => {
  const functions = new Functions();
  let isCalled = false;
  let args: unknown[] | null = unpacked(
    functions.pack([() => {}, () => (isCalled = true)]),
    callerOf(functions),
  );
  const kept = args[1] as () => void;
  args = null;
  const deadline = Date.now() + 10_000;
  while (functions.size > 1 && Date.now() < deadline) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(functions.size, 1, 'but for the one that may still be called');
  kept();
  t.ok(isCalled);
});
