// IPv6, and both families by one socket, as net.Server has it: without a host on `::`, which serves IPv4
// too unless it is told not to.

import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'tap';
import { openDeck, read, transports } from '../fixtures/harness.js';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
const ipv6Only = hasIpv6 ? {} : { skip: 'this machine has no ::1' };

for (const transport of transports()) {
  test(transport, ipv6Only, async (t) => {
    const { dispatcher, worker: start } = await openDeck(t, { transport });
    const worker = await start();
    const line = `${worker.pid}\n`;
    const cases = [
      { options: {}, address: '::', ipv4: true, ipv6: true },
      { options: { host: '' }, address: '::', ipv4: true, ipv6: true },
      { options: { host: '::' }, address: '::', ipv4: true, ipv6: true },
      { options: { host: '::', ipv6Only: true }, address: '::', ipv4: false, ipv6: true },
      { options: { ipv6Only: true }, address: '::', ipv4: false, ipv6: true },
      { options: { host: '::1' }, address: '::1', ipv4: false, ipv6: true },
      { options: { host: '0.0.0.0' }, address: '0.0.0.0', ipv4: true, ipv6: false },
    ];
    for (const { options, address, ipv4, ipv6 } of cases) {
      const what = JSON.stringify(options);
      const listener = await dispatcher.listen({ port: 0, name: 'tried', ...options });
      const bound = listener.address() as net.AddressInfo;
      const family = net.isIPv6(address) ? 'IPv6' : 'IPv4';
      t.match(bound, { address, family, port: Number }, what);
      for (const [host, isServed] of [
        ['127.0.0.1', ipv4],
        ['::1', ipv6],
      ] as const) {
        if (isServed) t.equal(await read(bound.port, host), line, `${what}: ${host}`);
        else await t.rejects(read(bound.port, host), { code: 'ECONNREFUSED' }, `${what}: ${host}`);
      }
      await listener.close();
    }
  });

  test(`${transport}: a host name`, async (t) => {
    const { dispatcher, worker: start } = await openDeck(t, { transport });
    const worker = await start();
    const listener = await dispatcher.listen({ port: 0, host: 'localhost', name: 'named' });
    const { address, port } = listener.address() as net.AddressInfo;
    t.ok(['127.0.0.1', '::1'].includes(address));
    t.equal(await read(port, address), `${worker.pid}\n`);
    const hostname = 'no.such.host.invalid';
    const error = await dispatcher
      .listen({ port: 0, host: hostname, name: 'none' })
      .catch((e) => e);
    t.match(error, { code: /^(ENOTFOUND|EAI_AGAIN)$/, syscall: 'getaddrinfo', hostname });
  });
}
