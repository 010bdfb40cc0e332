// update() sets what a function makes of the value as if nobody else did anything meanwhile.

import { map } from 'rondo/shared';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { startSharers } from '../fixtures/shared.js';

test('processes update one key', nativeOnly, async (t) => {
  const options = { name: 'contended' };
  const sharers = await startSharers(t, 3);
  const calls = await Promise.all(sharers.map(({ call }) => call('update', options, 'n', 4000)));
  t.equal(map(options).getJson('n'), 12_000);
  t.ok(calls.every((count) => Number(count) >= 4000));
});

test('a value that changes meanwhile', nativeOnly, async (t) => {
  const values = map({ name: 'changed' });
  values.set('key', '1');
  const seen: Array<string | undefined> = [];
  t.ok(
    values.update('key', (value) => {
      seen.push(value?.toString());
      if (seen.length === 1) values.set('key', '2');
      if (seen.length === 2) values.delete('key');
      return `${value}!`;
    }),
  );
  t.strictSame(seen, ['1', '2', undefined], 'is given to the function again');
  t.equal(values.get('key')?.toString(), 'undefined!');
  values.update('key', (value) => {
    value?.fill(0);
    return value;
  });
  t.strictSame(values.get('key'), Buffer.alloc(10), 'it may be changed in place');
  values.set('other', 'x');
  t.ok(values.update('key', () => undefined));
  t.notOk(values.has('key'), 'undefined deletes');
  t.ok(
    values.update('key', () => undefined),
    'also what is not there',
  );
  t.ok(values.has('other'));
});

test('a function that throws, or gives nothing that can be set', nativeOnly, async (t) => {
  const values = map({ name: 'thrown', valueBytes: 4 });
  values.set('key', '1');
  const error = new Error('on purpose');
  t.throws(() => {
    values.update('key', () => {
      throw error;
    });
  }, error);
  t.throws(() => values.update('key', () => 'too long'), { code: 'ERR_RONDO_INVALID_OPTION' });
  t.throws(() => values.update('key', (async () => 'x') as never), {
    code: 'ERR_RONDO_INVALID_OPTION',
  });
  t.equal(values.get('key')?.toString(), '1');
});

test('one process', nativeOnly, async (t) => {
  const values = map({ name: 'simple' });
  t.equal(values.get('a'), undefined);
  t.ok(values.set('a', Uint8Array.of(1, 2)));
  t.strictSame(values.get('a'), Buffer.from([1, 2]));
  t.ok(values.set('empty', '') && values.has('empty'));
  t.equal(values.get('empty')?.length, 0);
  t.ok(values.setJson('json', { a: [1, null] }));
  t.strictSame(values.getJson('json'), { a: [1, null] });
  t.equal(values.getJson('none'), undefined);
  t.ok(values.set('ü€😀', 'ü') && values.get('ü€😀')?.toString() === 'ü', 'keys are any text');
  t.strictSame(values.keys().sort(), ['a', 'empty', 'json', 'ü€😀']);
  t.ok(await values.async.set('b', 'x'));
  t.strictSame(await values.async.get('b'), Buffer.from('x'));
  t.ok(await values.async.has('b'));
  t.ok(await values.async.setJson('c', 1));
  t.equal(await values.async.getJson('c'), 1);
  t.ok(await values.async.delete('b'));
  t.notOk(values.delete('b'));
});
