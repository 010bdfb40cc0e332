// A process that cannot have the memory of its primary, or any at all, says why, by code; it never makes
// memory of its own instead, in which it would be alone.

import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { counter, sharedEnvironment } from 'rondo/shared';
import { test } from 'tap';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const run = promisify(execFile);

interface Found {
  environment: string[];
  add: { value?: unknown; code?: string; message?: string };
}

async function use(env: Record<string, string>, ...args: string[]): Promise<Found> {
  const { stdout } = await run(process.execPath, [fixture('shared-once.mjs'), ...args], {
    env: { ...process.env, ...sharedEnvironment(), ...env },
  });
  return JSON.parse(stdout) as Found;
}

const [pid = '', fd = '', token = ''] = (sharedEnvironment()['RONDO_SHARED'] ?? '').split(':');

test('the primary', nativeOnly, async (t) => {
  t.match((await use({}, '-')).add, { value: 1 }, 'can be used');
  t.equal(counter('c').get(), 2, 'by both ways');
  const alone = await use({ RONDO_SHARED: '' }, '-');
  t.match(alone, { add: { value: 1 } }, 'a process that is told of none is a primary of its own');
  const gone: Array<[place: string, what: string]> = [
    [`999999999:${fd}:${token}`, 'is gone'],
    [`${pid}:999:${token}`, 'has no such fd'],
    [`${pid}:0:${token}`, 'has another file there'],
    [`${pid}:${fd}:${'0'.repeat(32)}`, 'is another, with its pid'],
  ];
  for (const [place, what] of gone) {
    const { add } = await use({ RONDO_SHARED: place }, '-');
    t.match(add, { code: 'ERR_RONDO_SHARED_GONE', message: /^Process \d+, which.*is gone/ }, what);
  }
});

test('a variable of another make', nativeOnly, async (t) => {
  for (const place of ['x', `${pid}:${fd}`, `${pid}:${fd}:${token}0`, `${pid}:${fd}:${token} `]) {
    const { add } = await use({ RONDO_SHARED: place }, '-');
    t.match(add, { code: 'ERR_RONDO_INVALID_OPTION', message: /'RONDO_SHARED'.*Received/ }, place);
  }
  const { add, environment } = await use({ RONDO_SHARED: '-24' }, '-');
  t.match(add, { code: 'EMFILE', message: /^memfd_create EMFILE/ }, 'why the primary has none');
  t.strictSame(environment, ['RONDO_SHARED'], 'which is passed on');
});

test('a primary of another version', nativeOnly, async (t) => {
  const VERSION_AT = 8;
  const file = openSync(`/proc/${pid}/fd/${fd}`, 'r+');
  t.teardown(() => closeSync(file));
  const version = Buffer.alloc(8);
  readSync(file, version, 0, 8, VERSION_AT);
  writeSync(file, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), 0, 8, VERSION_AT);
  const { add } = await use({}, '-');
  writeSync(file, version, 0, 8, VERSION_AT);
  t.match(add, { code: 'ERR_RONDO_SHARED_VERSION', message: /layout 9/ });
});

const isRoot = process.getuid?.() === 0;
test('another user', isRoot ? nativeOnly : { skip: 'only root can be another' }, async (t) => {
  const { add } = await use({}, '65534');
  t.match(add, { code: 'ERR_RONDO_SHARED_DENIED', message: /runs as another user/ });
});

test('no addon', async (t) => {
  const env = { RONDO_NATIVE: '0', RONDO_SHARED: '' };
  const missing = { name: 'RondoError', code: 'ERR_RONDO_NATIVE_MISSING', message: /RONDO_NATIVE/ };
  t.match(await use(env, '-'), {
    environment: [],
    add: missing,
    addAsync: { value: 1 },
    take: missing,
    takeAsync: { value: { ok: true, remaining: 2 } },
    getAsync: { value: undefined },
  });
});
