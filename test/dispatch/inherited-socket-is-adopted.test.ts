// A listening socket that the process got from its parent, as from systemd, is served and named as if it
// had been opened here.

import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { startPrimary } from '../fixtures/faults.js';
import { transports } from '../fixtures/harness.js';

type Listening = net.Server & { _handle: { fd: number } };

/** The first descriptor a child inherits beyond its stdio and its IPC channel. */
const INHERITED = 4;

for (const transport of transports()) {
  const options = { dispatcher: { transport }, listen: { fd: INHERITED }, workers: 2 };

  test(`${transport}: TCP`, async (t) => {
    for (const host of ['127.0.0.1', '::1']) {
      const server = net.createServer() as Listening;
      await once(server.listen(0, host), 'listening');
      const { port } = server.address() as net.AddressInfo;
      const starting = startPrimary(t, { ...options, fds: [server._handle.fd] });
      // From here on the child is the only one that accepts.
      server.close();
      const primary = await starting;
      const family = host.includes(':') ? 'IPv6' : 'IPv4';
      const { listeners } = await primary.stats();
      t.match(listeners, [{ name: 'default', address: { address: host, family, port } }]);
      const lines = [];
      for (let i = 0; i < 4; i++) lines.push(await text(net.connect(port, host)));
      const [a, b] = primary.workers.map((pid) => `${pid}\n`);
      t.strictSame(lines, [a, b, a, b]);
      primary.send({ do: 'close' });
      await primary.event('closed');
      await t.rejects(text(net.connect(port, host)), { code: 'ECONNREFUSED' });
    }
  });

  test(`${transport}: a Unix socket`, async (t) => {
    // Short enough for a socket, wherever the tests are.
    const directory = mkdtempSync(path.join(tmpdir(), 'rondo-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const place = path.join(directory, 'inherited.sock');
    const server = net.createServer() as Listening;
    await once(server.listen(place), 'listening');
    const starting = startPrimary(t, { ...options, fds: [server._handle.fd] });
    // Under another name, or close() would remove it.
    const moved = `${place}.moved`;
    renameSync(place, moved);
    server.close();
    const primary = await starting;
    const { listeners } = await primary.stats();
    // Node does not know the path of a socket that it did not open.
    t.match(listeners, [{ address: transport === 'native' ? place : '' }]);
    const lines = [await text(net.connect(moved)), await text(net.connect(moved))];
    t.strictSame(
      lines,
      primary.workers.map((pid) => `${pid}\n`),
    );
    primary.send({ do: 'close' });
    await primary.event('closed');
    t.ok(existsSync(moved), "the file is its creator's to remove");
  });
}

for (const transport of transports()) {
  test(`${transport}: what is no socket is left alone`, async (t) => {
    const dispatcher = new Dispatcher({ transport });
    const file = openSync('/dev/null', 'r');
    t.teardown(async () => {
      closeSync(file);
      await dispatcher.close();
    });
    await t.rejects(dispatcher.listen({ fd: file }), { code: 'EINVAL' });
    t.ok(fstatSync(file).isCharacterDevice(), 'it is open still');
    await t.rejects(dispatcher.listen({ fd: 65_000 }), { code: 'EINVAL' });
  });
}
