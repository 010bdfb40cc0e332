// haproxy, nginx and curl as they are in Debian's packages send headers that are understood, with TLS behind them, too.

import { test } from 'tap';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import {
  curl,
  faultsOf,
  missing,
  PROXIED_WORKER,
  startHaproxy,
  startNginx,
} from '../fixtures/proxies.js';

const KINDS = [
  ['http', 'http', []],
  ['https', 'https', ['--insecure']],
  ['http2', 'https', ['--insecure', '--http2']],
  ['h2c', 'http', ['--http2-prior-knowledge']],
] as const;

const OWN = { remoteAddress: '127.0.0.1', remoteFamily: 'IPv4', localAddress: '127.0.0.1' };

for (const [kind, scheme, flags] of KINDS) {
  test(`curl --haproxy-protocol, ${kind}`, { ...nativeOnly, ...missing('curl') }, async (t) => {
    const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
    await deck.worker([kind], { file: PROXIED_WORKER });
    const url = `${scheme}://127.0.0.1:${deck.port}/`;
    const seen = await curl('--haproxy-protocol', ...flags, url);
    t.match(seen, { ...OWN, localPort: deck.port, header: { version: 1, family: 'IPv4' } });
  });

  for (const option of ['send-proxy', 'send-proxy-v2']) {
    test(`haproxy, ${option}, ${kind}`, { ...nativeOnly, ...missing('haproxy') }, async (t) => {
      const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
      await deck.worker([kind], { file: PROXIED_WORKER });
      const port = await startHaproxy(t, `127.0.0.1:${deck.port} ${option}`);
      const seen = await curl(
        ...flags,
        '--local-port',
        '20000-60000',
        `${scheme}://127.0.0.1:${port}/`,
      );
      t.match(seen, { ...OWN, localPort: port }, 'the client’s, and not the proxy’s');
      t.equal(seen.header.version, option === 'send-proxy' ? 1 : 2);
      t.equal(seen.remotePort, seen.header.source.port);
    });
  }

  test(`nginx, proxy_protocol on, ${kind}`, { ...nativeOnly, ...missing('nginx') }, async (t) => {
    const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
    await deck.worker([kind], { file: PROXIED_WORKER });
    const port = await startNginx(t, deck.port);
    const seen = await curl(...flags, `${scheme}://127.0.0.1:${port}/`);
    t.match(seen, { ...OWN, localPort: port, header: { version: 1, family: 'IPv4' } });
  });
}

test('haproxy tells of the TLS that it has ended', {
  ...nativeOnly,
  ...missing('haproxy'),
}, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['http'], { file: PROXIED_WORKER });
  // haproxy wants certificate and key in one file, or side by side.
  const directory = t.testdir({});
  const { copyFileSync } = await import('node:fs');
  copyFileSync(fixture('localhost-cert.pem'), `${directory}/server.pem`);
  copyFileSync(fixture('localhost-key.pem'), `${directory}/server.pem.key`);
  const options =
    'send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,authority,unique-id,crc32c';
  const port = await startHaproxy(
    t,
    `127.0.0.1:${deck.port} ${options}`,
    `ssl crt ${directory}/server.pem alpn http/1.1`,
  );
  const seen = await curl(
    '--insecure',
    '--connect-to',
    `::127.0.0.1:${port}`,
    `https://localhost:${port}/`,
  );
  t.match(seen, { ...OWN, localPort: port });
  t.match(seen.header, {
    version: 2,
    authority: 'localhost',
    ssl: { hasCertificate: false, isVerified: false, version: /^TLSv1\./ },
  });
  t.ok(
    seen.header.tlvs.some(({ type }: { type: number }) => type === 3),
    'its checksum was looked at',
  );
});

test('haproxy’s own checks are answered', { ...nativeOnly, ...missing('haproxy') }, async (t) => {
  const deck = await openDeck(t, { proxyProtocol: '127.0.0.1' });
  await deck.worker(['http'], { file: PROXIED_WORKER });
  const server = `127.0.0.1:${deck.port} send-proxy-v2 check inter 50 check-send-proxy`;
  const port = await startHaproxy(t, server);
  for (let i = 0; i < 20; i++) t.match(await curl(`http://127.0.0.1:${port}/`), OWN);
  const { malformed, missing: none, timedOut } = faultsOf(deck.dispatcher);
  t.strictSame([malformed, none, timedOut], [undefined, undefined, undefined]);
});
