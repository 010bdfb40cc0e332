// systemError() against the errors of net.Server for the same faults, field by field and in the same
// order; and what a RondoError looks like.

import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { getSystemErrorMap, inspect } from 'node:util';
import { type Test, test } from 'tap';
import { errnoName, invalidOption, RondoError, systemError } from '../../src/errors.js';

type SystemError = NodeJS.ErrnoException & { address?: string; port?: number };

/** The error net.Server emits. */
async function provoke(options: net.ListenOptions & { fd?: number }): Promise<SystemError> {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once('error', resolve);
    server.listen(options, () => {
      server.close();
      reject(new Error('it listens'));
    });
  });
}

function same(t: Test, ours: SystemError, nodes: SystemError): void {
  t.equal(ours.message, nodes.message);
  t.strictSame(
    Reflect.ownKeys(ours).filter((key) => key !== 'stack' && key !== 'message'),
    Reflect.ownKeys(nodes).filter((key) => key !== 'stack' && key !== 'message'),
    'the same fields in the same order',
  );
  for (const key of ['code', 'errno', 'syscall', 'address', 'port'] as const) {
    t.strictSame(
      Object.getOwnPropertyDescriptor(ours, key),
      Object.getOwnPropertyDescriptor(nodes, key),
      key,
    );
  }
  t.equal(ours.name, nodes.name);
  t.equal(ours.stack?.split('\n')[0], nodes.stack?.split('\n')[0]);
  const shown = (error: Error): string => inspect(error).replace(/^ {4}at .*\n?/gm, '');
  t.equal(shown(ours), shown(nodes), 'they print alike');
}

async function withListener(
  options: net.ListenOptions,
  then: (server: net.Server) => Promise<void>,
): Promise<void> {
  const server = net.createServer().listen(options);
  await once(server, 'listening');
  await then(server);
  server.close();
  await once(server, 'close');
}

test('port in use', async (t) => {
  await withListener({ port: 0, host: '127.0.0.1' }, async (server) => {
    const { port } = server.address() as net.AddressInfo;
    const nodes = await provoke({ port, host: '127.0.0.1' });
    t.equal(nodes.code, 'EADDRINUSE');
    same(t, systemError(nodes.errno as number, 'listen', '127.0.0.1', port), nodes);
  });
});

test('path in use', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'rondo-errors-'));
  const socket = path.join(directory, 'socket');
  await withListener({ path: socket }, async () => {
    const nodes = await provoke({ path: socket });
    t.equal(nodes.code, 'EADDRINUSE');
    // Node has -1 for the port of a path.
    same(t, systemError(nodes.errno as number, 'listen', socket, -1), nodes);
  });
  rmSync(directory, { recursive: true });
});

test('directory of a path missing', async (t) => {
  const nodes = await provoke({ path: '/nonexistent/socket' });
  t.equal(nodes.code, 'EACCES');
  same(t, systemError(nodes.errno as number, 'listen', '/nonexistent/socket', -1), nodes);
});

test('foreign address', async (t) => {
  const nodes = await provoke({ port: 0, host: '192.0.2.1' });
  t.equal(nodes.code, 'EADDRNOTAVAIL');
  t.notOk(Object.hasOwn(nodes, 'port'), '(port 0 is not named)');
  same(t, systemError(nodes.errno as number, 'listen', '192.0.2.1', 0), nodes);
  const other = await provoke({ port: 8080, host: '192.0.2.1' });
  same(t, systemError(other.errno as number, 'listen', '192.0.2.1', 8080), other);
});

test('fd that cannot listen', async (t) => {
  const fd = openSync('/dev/null', 'r');
  const nodes = await provoke({ fd });
  closeSync(fd);
  t.equal(nodes.code, 'EINVAL');
  // Node has no port there, and null for the address.
  same(t, systemError(nodes.errno as number, 'listen', null), nodes);
});

test('every code has its name and its text', async (t) => {
  for (const [errno, [name, text]] of getSystemErrorMap()) {
    t.equal(errnoName(errno), name);
    t.equal(systemError(errno, 'accept').message, `accept ${name}: ${text}`);
  }
  const unknown = systemError(-9999, 'accept');
  t.match(unknown, { errno: -9999, syscall: 'accept' });
  t.match(unknown.message, /^accept Unknown system error -9999: /);
  t.strictSame(Object.keys(systemError(-2, 'open')), ['code', 'errno', 'syscall']);
});

test('RondoError', async (t) => {
  const cause = new Error('why');
  const error = new RondoError('ERR_RONDO_CLOSED', undefined, { cause });
  t.ok(error instanceof Error);
  t.match(error, { name: 'RondoError', code: 'ERR_RONDO_CLOSED' });
  t.equal(error.message, 'The dispatcher is closed', 'its own words, where none are given');
  t.equal(error.cause, cause);
  t.match(error.stack, /^RondoError \[ERR_RONDO_CLOSED\]: The dispatcher is closed\n {4}at /);
  t.equal(new RondoError('ERR_RONDO_CLOSED', 'others').message, 'others');
});

test('invalidOption', async (t) => {
  const shown: Array<[unknown, string]> = [
    ['x', "'x'"],
    [undefined, 'undefined'],
    [{ a: { b: 1 } }, '{ a: [Object] }'],
    [[1, 2], '[ 1, 2 ]'],
    [() => {}, '[Function (anonymous)]'],
  ];
  for (const [value, text] of shown) {
    const error = invalidOption('port', 'a number', value);
    t.equal(error.code, 'ERR_RONDO_INVALID_OPTION');
    t.strictSame([error.option, error.expected], ['port', 'a number']);
    t.equal(error.received, value);
    t.equal(error.message, `The option 'port' must be a number. Received ${text}`);
  }
  t.notMatch(invalidOption('a', 'b', 'x\ny').message, /\n/, 'one line');
});
