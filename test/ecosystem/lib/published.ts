/** A package's own tests, if its tarball has them: run from a copy that has ports of its own. */

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

const PACKAGES = fileURLToPath(new URL('../node_modules', import.meta.url));

/**
 * The directory of a copy in which these ports, which the tests have in their text, are replaced by free ones; it is
 * removed when the test is over. `runner` is what the tests require as 'tap'.
 */
export async function copied(
  t: Test,
  name: string,
  ports: readonly number[],
  runner?: string,
): Promise<string> {
  // There it finds the packages that it needs.
  const directory = path.join(PACKAGES, '.rondo-copies', `${name}-${process.pid}`);
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  cpSync(path.join(PACKAGES, name), directory, { recursive: true });
  const free = await freePorts(ports.length);
  const tests = path.join(directory, 'test');
  for (const file of readdirSync(tests, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(path.join(tests, file), 'utf8');
    writeFileSync(
      path.join(tests, file),
      text.replace(/\b\d{4,5}\b/g, (port) => String(free[ports.indexOf(Number(port))] ?? port)),
    );
  }
  if (runner !== undefined) {
    mkdirSync(path.join(directory, 'node_modules', 'tap'), { recursive: true });
    cpSync(runner, path.join(directory, 'node_modules', 'tap', 'index.js'));
  }
  return directory;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
