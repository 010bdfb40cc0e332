// An option that does not exist or has a wrong value throws at once, with a stable code and a message
// that names the option and the value received. Nothing is opened.

import { execFileSync } from 'node:child_process';
import { Dispatcher, type DispatcherOptions, type ListenOptions } from 'rondo';
import { test } from 'tap';
import { openFds, transports } from '../fixtures/harness.js';

const INVALID = 'ERR_RONDO_INVALID_OPTION';
const UNKNOWN = 'ERR_RONDO_UNKNOWN_OPTION';

type Case = [options: unknown, named: RegExp, code?: string];

const DISPATCHER: Case[] = [
  [null, /'options'.*null/],
  ['native', /'options'.*'native'/],
  [[], /'options'.*\[\]/],
  [{ polcy: 'round-robin' }, /'polcy'.*policy/, UNKNOWN],
  [{ workers: 4 }, /'workers'/, UNKNOWN],
  [{ policy: 'fair' }, /'policy'.*'round-robin'.*'fair'/],
  [{ policy: {} }, /'policy'.*'round-robin'.*'name'.*function.*\{\}/],
  [{ policy: { name: 'fair' } }, /'policy'.*'fair'/],
  [{ policy: { name: 'source-ip', bond: 2 } }, /'bond' of the policy 'source-ip'.*bound/, UNKNOWN],
  [{ policy: { name: 'round-robin', seed: 2 } }, /'seed' of the policy 'round-robin'/, UNKNOWN],
  [{ policy: { name: 'source-ip', bound: 1 } }, /'policy\.bound'.*from 1\.01 to 100.*Received 1/],
  [{ maxConnections: 0 }, /'maxConnections'.*null or .*Received 0/],
  [{ pickTimeoutMs: 0 }, /'pickTimeoutMs'.*from 1 to 60000.*Received 0/],
  [{ policy: null }, /'policy'.*null/],
  [{ policy: 'toString' }, /'policy'.*'toString'/],
  [{ window: 0 }, /'window'.*from 1 to 1024.*Received 0/],
  [{ window: 1025 }, /'window'.*1025/],
  [{ window: 1.5 }, /'window'.*1\.5/],
  [{ window: '2' }, /'window'.*'2'/],
  [{ window: Number.NaN }, /'window'.*NaN/],
  [{ window: Number.POSITIVE_INFINITY }, /'window'.*Infinity/],
  [{ window: 2n }, /'window'.*2n/],
  [{ takeBackMs: 49 }, /'takeBackMs'.*0 or .*from 50.*49/],
  [{ takeBackMs: 3_600_001 }, /'takeBackMs'.*3600001/],
  [{ takeBackMs: -1 }, /'takeBackMs'.*-1/],
  [{ takeBackMs: null }, /'takeBackMs'.*null/],
  [{ transport: 'tcp' }, /'transport'.*'auto', 'native', 'ipc'.*'tcp'/],
  [{ transport: true }, /'transport'.*true/],
];

const LISTEN: Case[] = [
  [undefined, /'options'.*undefined/],
  [8000, /'options'.*8000/],
  [{}, /'port', 'path' and 'fd'/],
  [{ port: 0, path: '/tmp/x' }, /'port', 'path' and 'fd'/],
  [{ port: 0, fd: 3 }, /'port', 'path' and 'fd'/],
  [{ port: 0, reusePort: true }, /'reusePort'/, UNKNOWN],
  [{ Port: 0 }, /'Port'/, UNKNOWN],
  [{ port: -1 }, /'port'.*from 0 to 65535.*-1/],
  [{ port: 65_536 }, /'port'.*65536/],
  [{ port: '80' }, /'port'.*'80'/],
  [{ port: null }, /'port'.*null/],
  [{ port: 0, host: 7 }, /'host'.*7/],
  [{ port: 0, host: null }, /'host'.*null/],
  [{ port: 0, ipv6Only: 1 }, /'ipv6Only'.*1/],
  [{ port: 0, backlog: 0 }, /'backlog'.*0/],
  [{ port: 0, backlog: 2 ** 31 }, /'backlog'.*2147483648/],
  [{ port: 0, name: '' }, /'name'.*''/],
  [{ port: 0, name: 'x'.repeat(65) }, /'name'.*1 to 64/],
  [{ port: 0, name: 1 }, /'name'.*1/],
  [{ port: 0, mode: 0o600 }, /'mode'.*'path'/],
  [{ path: '/tmp/x', host: '::' }, /'host'.*'port'/],
  [{ path: '/tmp/x', ipv6Only: true }, /'ipv6Only'.*'port'/],
  [{ path: '/tmp/x', mode: 0o1777 }, /'mode'.*1023/],
  [{ path: '/tmp/x', mode: '600' }, /'mode'.*'600'/],
  [{ path: '' }, /'path'.*''/],
  [{ path: '/tmp/a\0b' }, /'path'.*NUL/],
  [{ path: Buffer.from('/tmp/x') }, /'path'.*Buffer/],
  [{ fd: -1 }, /'fd'.*-1/],
  [{ fd: '3' }, /'fd'.*'3'/],
  [{ fd: 0, mode: 0 }, /'mode'.*'path'/],
  [{ port: 0, policy: 'fair' }, /'policy'.*'fair'/],
  [{ port: 0, policy: null }, /'policy'.*null/],
  [{ port: 0, maxConnections: -1 }, /'maxConnections'.*-1/],
  [{ port: 0, overload: 'drop' }, /'overload'.*'queue', 'reset'.*'drop'/],
  [{ port: 0, maxQueueMs: 0.5 }, /'maxQueueMs'.*0\.5/],
];

test('new Dispatcher', async (t) => {
  const before = openFds();
  for (const [options, named, code = INVALID] of DISPATCHER) {
    t.throws(() => new Dispatcher(options as DispatcherOptions), { code, message: named });
  }
  t.equal(openFds(), before, 'nothing is opened');
});

for (const transport of transports()) {
  test(`${transport}: listen`, async (t) => {
    const before = openFds();
    const dispatcher = new Dispatcher({ transport });
    const opened = openFds();
    for (const [options, named, code = INVALID] of LISTEN) {
      await t.rejects(dispatcher.listen(options as ListenOptions), { code, message: named });
    }
    t.equal(openFds(), opened, 'nothing is opened');
    t.strictSame(dispatcher.stats().listeners, []);
    // The names of what failed are free.
    await dispatcher.listen({ port: 0, host: '127.0.0.1' });
    await t.rejects(dispatcher.listen({ port: 0, host: '127.0.0.1' }), {
      code: 'ERR_RONDO_LISTENER_NAME_TAKEN',
      message: /'default'/,
    });
    await dispatcher.close();
    t.equal(openFds(), before);
  });
}

test('ERR_RONDO_NATIVE_MISSING names the reason', async (t) => {
  const program = `
    import { Dispatcher } from 'rondo';
    try { new Dispatcher({ transport: 'native' }); } catch ({ code, message, cause }) {
      console.log(JSON.stringify({ code, message, cause: cause instanceof Error }));
    }`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, RONDO_ADDON: '/nonexistent.node' },
  });
  t.match(JSON.parse(String(output)), {
    code: 'ERR_RONDO_NATIVE_MISSING',
    message: /cannot be loaded: \/nonexistent\.node: Cannot find module/,
    cause: true,
  });
});
