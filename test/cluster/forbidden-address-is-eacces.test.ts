// A privileged port, and a directory without write permission, are EACCES in the worker, as plain Node says it, and
// the program can listen elsewhere afterwards. With `rondo start` they end the start, with the error of a process alone.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { plainNode, preloaded, startProgram, type Way } from '../fixtures/cluster.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Nothing for whoever is not root. */
const powerless =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set=-net_bind_service,-dac_override']
    : ([] as string[]);

const isPortForbidden =
  Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 1;

function closedDirectory(t: Test): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'forbidden-'));
  chmodSync(directory, 0o555);
  t.teardown(() => rmSync(directory, { recursive: true }));
  return path.join(directory, 'socket');
}

async function attempts(t: Test, way: Way, file: string): Promise<unknown[]> {
  const program = await startProgram(t, way, { workers: 1, through: powerless });
  const attempt = (...where: unknown[]) =>
    program
      .worker(1, (scope, ...args) => scope.listen(...args), ...where)
      .then(
        () => 'listening',
        ({ code, errno, syscall, address, port, message }) => {
          return { code, errno, syscall, address, port, message };
        },
      );
  return [await attempt(file), await attempt(1, '127.0.0.1'), await attempt(0, '127.0.0.1')];
}

test('the drop-in', nativeOnly, async (t) => {
  const file = closedDirectory(t);
  const rondo = await attempts(t, preloaded, file);
  t.strictSame(rondo, await attempts(t, plainNode, file));
  t.match(rondo[0], { code: 'EACCES' });
  if (isPortForbidden) t.match(rondo[1], { code: 'EACCES' });
  t.equal(rondo[2], 'listening');
});

test('rondo start', nativeOnly, async (t) => {
  const file = closedDirectory(t);
  const places = isPortForbidden ? [[file], ['1', '127.0.0.1']] : [[file]];
  for (const place of places) {
    const program = [CLI, 'start', '--workers', '2', fixture('listens-at.mjs'), '--', ...place];
    const [command, ...args] = [...powerless, process.execPath, ...program];
    const child = spawn(command as string, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const [code] = await once(child, 'close');
    t.equal(code, 3, 'at once');
    t.match(text, /listen EACCES/);
    t.equal(text.match(/ starts$/gm)?.length, 2, 'no worker is tried again');
  }
});
