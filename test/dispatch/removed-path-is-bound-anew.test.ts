// The file of a Unix listener that somebody unlinks while it is open is bound anew, with its permission bits; one that
// is another server's by then is left to it. Why it cannot be bound is told, once, and counted.

import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { nativeOnly, openDeck } from '../fixtures/harness.js';

test('unlinked', nativeOnly, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'removed-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const where = path.join(directory, 'socket');
  const dispatcher = new Dispatcher();
  t.teardown(() => dispatcher.close());
  await dispatcher.listen({ path: where, readableAll: true, writableAll: true });
  t.equal(statSync(where).mode & 0o666, 0o666, 'for all');
  unlinkSync(where);
  const [listener] = await once(dispatcher, 'listener:renewed');
  t.equal(listener.address(), where);
  t.equal(statSync(where).mode & 0o666, 0o666, 'with the same bits');
  const client = net.connect(where);
  await once(client, 'connect');
  client.destroy();
  unlinkSync(where);
  const other = net.createServer().listen(where);
  await once(other, 'listening');
  const { ino } = statSync(where);
  // A second listener whose file is gone: by its event all of them have been looked at.
  const second = path.join(directory, 'second');
  await dispatcher.listen({ name: 'second', path: second });
  unlinkSync(second);
  t.equal((await once(dispatcher, 'listener:renewed'))[0].name, 'second');
  t.equal(statSync(where).ino, ino, "another server's is left alone");
  other.close();
  t.equal((await once(dispatcher, 'listener:renewed'))[0].address(), where, 'until it has closed');
  await dispatcher.close();
  t.throws(() => statSync(where), { code: 'ENOENT' }, 'and it is removed at the end');
});

test('who had connected before is served', nativeOnly, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'removed-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const where = path.join(directory, 'socket');
  const { dispatcher, worker: start } = await openDeck(t, { transport: 'native' });
  await dispatcher.listen({ name: 'path', path: where });
  const worker = await start();
  dispatcher.pause();
  const clients = [];
  for (let i = 0; i < 5; i++) {
    const client = net.connect(where);
    await once(client, 'connect');
    clients.push(text(client));
  }
  unlinkSync(where);
  await once(dispatcher, 'listener:renewed');
  dispatcher.resume();
  t.strictSame(await Promise.all(clients), Array(5).fill(`${worker.pid}\n`));
  t.match(dispatcher.stats(), { accepted: 5 });
  t.equal(await text(net.connect(where)), `${worker.pid}\n`, 'and who comes by the new file');
});

test('what cannot be bound is told once, and tried again', nativeOnly, async (t) => {
  const parent = mkdtempSync(path.join(tmpdir(), 'removed-'));
  t.teardown(() => rmSync(parent, { recursive: true }));
  const [directory, away] = [path.join(parent, 'run'), path.join(parent, 'away')];
  const where = path.join(directory, 'socket');
  mkdirSync(directory);
  const dispatcher = new Dispatcher();
  t.teardown(() => dispatcher.close());
  const listener = await dispatcher.listen({ path: where });
  const told: unknown[] = [];
  dispatcher.on('renew:error', ({ code, message, syscall }, of) => {
    told.push([code, syscall, message.endsWith(where), of === listener]);
  });
  const errors = () => dispatcher.stats().listeners[0]?.renewErrors ?? {};
  t.strictSame(errors(), {});

  renameSync(directory, away);
  await until('it is tried twice', () => (errors().EACCES ?? 0) >= 2);
  t.strictSame(told, [['EACCES', 'listen', true, true]], 'no directory');

  writeFileSync(directory, '');
  await until('it is tried twice', () => (errors().ENOTDIR ?? 0) >= 2);
  t.strictSame(told.splice(1), [['ENOTDIR', 'listen', true, true]], 'a file in its place');

  unlinkSync(directory);
  mkdirSync(directory);
  await once(dispatcher, 'listener:renewed');
  const client = net.connect(where);
  await once(client, 'connect');
  client.destroy();
  t.equal(told.length, 1, 'no more is told');

  rmSync(directory, { recursive: true });
  await until('it is tried again', () => told.length > 1);
  t.strictSame(told[1], told[0], 'the same once more, for it was well in between');
});
