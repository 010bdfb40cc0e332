// What is no way to know a session by is refused, with the option's name; and so are sessions where
// nobody could look for them.

import { Dispatcher, type DispatcherOptions } from 'rondo';
import { claimSession, releaseSession } from 'rondo/worker';
import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';

const WRONG: Array<[sticky: unknown, option: string]> = [
  ['', 'sticky'],
  ['sid', 'sticky'],
  ['query', 'sticky'],
  ['query:', 'sticky'],
  ['query:a b', 'sticky'],
  ['address:x', 'sticky'],
  ['address,query:sid', 'sticky'],
  ['query:sid,,cookie:io', 'sticky'],
  [{}, 'sticky.by'],
  [{ by: [] }, 'sticky.by'],
  [{ by: 'cookie' }, 'sticky.by'],
  [{ by: [1] }, 'sticky.by'],
  [{ by: 'address', name: 'x' }, 'sticky.name'],
  [{ by: ['query:sid'], name: 'x' }, 'sticky.name'],
  [{ by: 'cookie', name: '' }, 'sticky.name'],
  [{ by: 'address', maxSessions: 0 }, 'sticky.maxSessions'],
  [{ by: 'address', idleMs: -1 }, 'sticky.idleMs'],
  [{ by: 'address', waitMs: 60_001 }, 'sticky.waitMs'],
  [1, 'sticky'],
];

for (const [sticky, option] of WRONG) {
  test(JSON.stringify(sticky), nativeOnly, async (t) => {
    t.throws(() => new Dispatcher({ sticky } as DispatcherOptions), {
      code: 'ERR_RONDO_INVALID_OPTION',
      option,
    });
  });
}

test('an unknown key', async (t) => {
  const sticky = { by: 'address', size: 1 } as unknown as string;
  t.throws(() => new Dispatcher({ sticky }), { code: 'ERR_RONDO_UNKNOWN_OPTION', option: 'size' });
});

test('with the ipc transport', async (t) => {
  const missing = { code: 'ERR_RONDO_NATIVE_MISSING' };
  t.throws(() => new Dispatcher({ transport: 'ipc', sticky: 'address' }), missing);
  await using dispatcher = new Dispatcher({ transport: 'ipc' });
  const at = { port: 0, host: '127.0.0.1' };
  await t.rejects(dispatcher.listen({ ...at, sticky: 'address' }), missing);
  await t.rejects(dispatcher.listen({ ...at, route: { default: 'default' } }), missing);
  await t.rejects(dispatcher.listen({ virtual: true }), missing);
  await (await dispatcher.listen({ ...at, sticky: null })).close();
});

test('it cannot be changed', nativeOnly, async (t) => {
  await using dispatcher = new Dispatcher({ sticky: 'address' });
  dispatcher.configure({ sticky: 'address', window: 4 });
  t.throws(() => dispatcher.configure({ sticky: 'query:sid' }), {
    code: 'ERR_RONDO_INVALID_OPTION',
    option: 'sticky',
  });
});

test('claims', async (t) => {
  claimSession('without rondo it does nothing');
  for (const id of ['', 'x'.repeat(1025), 1 as never]) {
    for (const call of [claimSession, releaseSession]) {
      t.throws(() => call(id), { code: 'ERR_RONDO_INVALID_OPTION', option: 'id' });
    }
  }
});
