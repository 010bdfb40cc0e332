// Ways to listen: port 0 is the same for the same call of every worker and another for its next; several servers,
// IPv6, Unix sockets and inherited sockets have the address, and the 'listening' event, that they have
// with plain Node, and serve.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import {
  type Program,
  settledStats,
  startProgram,
  total,
  type Way,
  ways,
} from '../fixtures/cluster.js';
import { read } from '../fixtures/harness.js';

type Address = net.AddressInfo;

/** Both workers listen there; their addresses. */
async function listen(program: Program, ...where: unknown[]): Promise<Address[]> {
  const addresses: Address[] = [];
  for (const id of [1, 2]) {
    const address = await program.worker(id, (s, ...args) => s.listen(...args), ...where);
    addresses.push(address as Address);
  }
  return addresses;
}

/** The arguments of both workers' 'listening' events, in their order. */
function events(program: Program): Promise<unknown[]> {
  return program.primary(({ log }) =>
    log.filter(([event]) => event === 'listening').map(([, , address]) => address),
  );
}

/** Every connection is served, by both, and with rondo by rondo. */
async function serves(t: Test, way: Way, program: Program, visit: () => Promise<string>) {
  const before = way.isRondo ? total(await settledStats(program), 'received') : 0;
  const pids = new Set<number>();
  for (let i = 0; i < 10; i++) pids.add(Number(await visit()));
  t.strictSame([...pids].sort(), program.pids.toSorted());
  if (way.isRondo) t.equal(total(await settledStats(program), 'received') - before, 10);
}

async function readPath(where: string): Promise<string> {
  const socket = net.connect(where);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

for (const way of ways) {
  test(`port 0, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const [first, theSame] = await listen(program, 0, '127.0.0.1');
    const [second, theOther] = await listen(program, 0, '127.0.0.1');
    t.strictSame(theSame, first);
    t.strictSame(theOther, second);
    t.not(second?.port, first?.port);
    t.ok((first?.port ?? 0) > 0);
    for (const address of [first, second]) {
      await serves(t, way, program, () => read(address?.port as number));
    }
    const seen = (await events(program)) as Address[];
    t.strictSame(
      seen.map(({ port }) => port),
      [first, first, second, second].map((address) => address?.port),
    );
    t.match(seen[0], { address: '127.0.0.1', addressType: 4 });
  });

  test(`everywhere, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const [address] = await listen(program, 0);
    t.match(address, { address: '::', family: 'IPv6' });
    await serves(t, way, program, () => read((address as Address).port));
    await serves(t, way, program, () => read((address as Address).port, '::1'));
    t.match(await events(program), [{ address: null, addressType: 4, port: address?.port }]);
  });

  test(`IPv6 only, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const [address] = await listen(program, { port: 0, host: '::', ipv6Only: true });
    const { port } = address as Address;
    t.match(address, { address: '::', family: 'IPv6' });
    await serves(t, way, program, () => read(port, '::1'));
    await t.rejects(read(port), { code: 'ECONNREFUSED' });
    t.match(await events(program), [{ address: '::', addressType: 6 }]);
  });

  test(`Unix socket, ${way.name}`, way.options, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'cluster-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const where = path.join(directory, 'socket');
    const program = await startProgram(t, way);
    t.strictSame(await listen(program, where), [where, where]);
    await serves(t, way, program, () => readPath(where));
    t.match(await events(program), [{ address: where, addressType: -1, port: -1 }]);
    await t.rejects(
      program.worker(1, (s, ...args) => s.listen(...args), path.join(directory, 'no', 'socket')),
      { code: 'EACCES' },
      'as plain Node says',
    );
  });

  test(`several kinds at once, ${way.name}`, way.options, async (t) => {
    const program = await startProgram(t, way);
    const [one] = await listen(program, 0, '127.0.0.1');
    const [two] = await listen(program, 0, '::1');
    await serves(t, way, program, () => read((one as Address).port));
    await serves(t, way, program, () => read((two as Address).port, '::1'));
  });

  test(`an inherited socket, ${way.name}`, way.options, async (t) => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as Address;
    const { fd } = (server as net.Server & { _handle: { fd: number } })._handle;
    const starting = startProgram(t, way, { fds: [fd] });
    // It is open in the program, and must not accept here.
    server.close();
    const program = await starting;
    t.strictSame(
      (await listen(program, { fd: 4 })).map((address) => address.port),
      [port, port],
    );
    await serves(t, way, program, () => read(port));
  });
}
