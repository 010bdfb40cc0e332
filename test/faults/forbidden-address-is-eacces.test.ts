// A privileged port and a directory without write permission are EACCES. A process without rights
// tries it, and the dispatcher is usable afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { fixture, transports } from '../fixtures/harness.js';

function lowestFreePort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return 1024;
  }
}

for (const transport of transports()) {
  test(transport, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'rondo-forbidden-'));
    chmodSync(directory, 0o555);
    t.teardown(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'socket');
    const child = spawn(process.execPath, [fixture('powerless.mjs'), transport, file], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    const [results] = (await once(child, 'message')) as [Record<string, object>];
    const [code] = await once(child, 'exit');
    t.equal(code, 0);
    t.match(results['path'], { code: 'EACCES', syscall: 'listen', address: file });
    if (lowestFreePort() > 1) {
      t.match(results['port'], {
        code: 'EACCES',
        syscall: 'listen',
        address: '127.0.0.1',
        port: 1,
        message: 'listen EACCES: permission denied 127.0.0.1:1',
      });
    }
    t.match(results['free'], { listening: true }, 'the dispatcher is usable afterwards');
  });
}
