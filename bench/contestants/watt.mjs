// Watt, by Platformatic: the application server of `wattpm`, in this process, with the defaults of
// `wattpm start`. Its workers are threads,
// and each listens at the port with SO_REUSEPORT. A reload is `wattpm restart`: one worker after another, a new
// one before the old one ends.
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { scratchOf } from '../lib/processes.mjs';
import { loadWatt, wattModules } from '../lib/watt.mjs';

const ID = 'bench';
const APPLICATION = new URL('../lib/watt-application.mjs', import.meta.url);

/** @type {import('../lib/types.mjs').Adapter['primary']} */
export async function primary({ address, workers, handler, serving }) {
  const root = scratchOf(process.pid);
  const port = address.port || (await freePort(address.host));
  writeProject(root, { ...address, port }, workers);
  const threads = path.join(root, 'threads');
  mkdirSync(threads);
  Object.assign(process.env, { BENCH_THREADS: threads, BENCH_HANDLER: handler });
  // Those written have another name until they are complete.
  watch(threads, (_event, name) => name && /^\d+$/.test(name) && announce(name));

  const create = await loadWatt();
  const runtime = await create(root, path.join(root, 'watt.json'), { isProduction: true });
  await runtime.start();
  for (let index = 0; index < workers; index++) announce(String(index));
  return {
    port,
    add: (index) => runtime.updateApplicationsResources([{ application: ID, workers: index + 1 }]),
    reload: () => runtime.restartApplication(ID),
  };

  /** @param {string} name */
  function announce(name) {
    const thread = readFileSync(path.join(threads, name), 'latin1');
    serving(Number(name), process.pid, Number(thread));
  }
}

/**
 * @param {string} root
 * @param {import('../lib/types.mjs').Address} address
 * @param {number} workers
 */
function writeProject(root, { host, port }, workers) {
  const application = path.join(root, ID);
  mkdirSync(application, { recursive: true });
  symlinkSync(wattModules(), path.join(root, 'node_modules'));
  write(path.join(root, 'watt.json'), {
    $schema: 'https://schemas.platformatic.dev/wattpm/3.0.0.json',
    entrypoint: ID,
    applications: [{ id: ID, path: `./${ID}`, workers }],
    server: { hostname: host, port },
    logger: { level: 'error' },
    managementApi: false,
  });
  write(path.join(application, 'watt.json'), {
    $schema: 'https://schemas.platformatic.dev/@platformatic/node/3.0.0.json',
    node: { main: 'index.mjs' },
  });
  write(path.join(application, 'package.json'), { name: ID, main: 'index.mjs' });
  writeFileSync(
    path.join(application, 'index.mjs'),
    `export { create } from ${JSON.stringify(APPLICATION.href)};\n`,
  );
}

/**
 * @param {string} file
 * @param {object} value
 */
function write(file, value) {
  writeFileSync(file, JSON.stringify(value));
}

/**
 * Watt's workers can share a port only that is known before.
 * @param {string} host
 */
async function freePort(host) {
  const server = net.createServer();
  await once(server.listen({ host, port: 0 }), 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  await once(server.close(), 'close');
  return port;
}
