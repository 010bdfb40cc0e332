// A program that npm (with linked packages), pnpm or yarn has installed rondo for runs as with npm: the Dispatcher,
// `rondo start` and the preload. With yarn's Plug'n'Play the last two need `require()` of ES modules, which Node 20 does not
// have for its paths: one error says so. The package managers come from npm's registry, rondo from the loopback.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Test, test } from 'tap';
import { get, startCommand } from '../fixtures/examples.js';
import { packPackages } from '../fixtures/packages.js';
import { serveRegistry } from '../fixtures/registry.js';

const TOOLS = ['pnpm@10.34.8', '@yarnpkg/cli-dist@4.18.1'];

const DISPATCHED = `import { spawn } from 'node:child_process';
import http from 'node:http';
import { Dispatcher } from 'rondo';
import { attach, isWorker } from 'rondo/worker';
if (isWorker()) {
  process.on('SIGINT', () => {});
  attach(http.createServer((_, response) => response.end(String(process.pid))));
} else {
  const dispatcher = new Dispatcher({ transport: 'native' });
  const { port } = (await dispatcher.listen({ port: 0, host: '127.0.0.1' })).address();
  const children = [1, 2].map(() => {
    const slot = dispatcher.openSlot();
    const { stdio, env } = slot;
    const child = spawn(process.execPath, [process.argv[1]], { stdio, env: { ...process.env, ...env } });
    slot.assign(child);
    return child;
  });
  process.once('SIGINT', () => {
    for (const child of children) child.kill();
    dispatcher.close();
  });
  console.log('listening on 127.0.0.1:' + port);
}
`;

const CLUSTER = `import cluster from 'node:cluster';
import http from 'node:http';
if (cluster.isPrimary) {
  for (const _ of [1, 2]) cluster.fork();
  let ready = 0;
  cluster.on('listening', (_, { port }) => ++ready === 2 && console.log('listening on 127.0.0.1:' + port));
  process.once('SIGINT', () => cluster.disconnect());
} else {
  process.on('SIGINT', () => {});
  http.createServer((_, response) => response.end(String(process.pid))).listen(0, '127.0.0.1');
}
`;

const SERVER = `import http from 'node:http';
http.createServer((_, response) => response.end(String(process.pid))).listen(0, '127.0.0.1');
`;

interface Manager {
  name: string;
  files?: (registry: string) => Record<string, string>;
  install: (tools: string, registry: string) => string[];
  /** What is before the words of a command. */
  node: (tools: string) => string[];
  rondo: (tools: string) => string[];
  /** The others end with ERR_RONDO_PNP. */
  onlyDispatcher?: boolean;
}

const pnpm = (tools: string) => [process.execPath, path.join(tools, 'pnpm/bin/pnpm.cjs')];
const yarn = (tools: string) => [
  process.execPath,
  path.join(tools, '@yarnpkg/cli-dist/bin/yarn.js'),
];

function yarnWith(linker: 'node-modules' | 'pnp'): Manager {
  return {
    name: `yarn, nodeLinker: ${linker}`,
    files: (registry) => ({
      'yarn.lock': '',
      '.yarnrc.yml': [
        `npmRegistryServer: '${registry}'`,
        "unsafeHttpWhitelist: ['127.0.0.1']",
        `nodeLinker: ${linker}`,
        'pnpEnableEsmLoader: true',
        'enableGlobalCache: false',
        'enableTelemetry: false',
        // Of packages that are as new as these.
        'npmMinimalAgeGate: 0',
        '',
      ].join('\n'),
    }),
    install: (tools) => [...yarn(tools), 'add', 'rondo'],
    node: (tools) => [...yarn(tools), 'node'],
    rondo: (tools) => [...yarn(tools), 'rondo'],
    onlyDispatcher: linker === 'pnp' && /^(20|22\.1[23])\./.test(process.versions.node),
  };
}

const MANAGERS: Manager[] = [
  {
    name: 'npm, linked',
    install: (_, registry) => [
      ...['npm', 'install', 'rondo', '--install-strategy=linked', '--no-audit', '--no-fund'],
      ...['--registry', registry],
    ],
    node: () => [process.execPath],
    rondo: () => ['npx', '--no-install', 'rondo'],
  },
  {
    name: 'pnpm',
    install: (tools, registry) => [...pnpm(tools), 'add', 'rondo', '--registry', registry],
    node: () => [process.execPath],
    rondo: (tools) => [...pnpm(tools), 'exec', 'rondo'],
  },
  yarnWith('node-modules'),
  yarnWith('pnp'),
];

async function run(
  t: Test,
  [command = '', ...args]: string[],
  cwd: string,
  env = {},
): Promise<void> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  const texts = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, 'close');
  t.equal(code, 0, (await texts).join('\n'));
}

test('rondo, installed by', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-managers-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const registry = await serveRegistry(t, packPackages(path.join(directory, 'tarballs')));
  const place = path.join(directory, 'tools');
  mkdirSync(place);
  await run(t, ['npm', 'install', '--no-audit', '--no-fund', '--prefix', place, ...TOOLS], place);
  const tools = path.join(place, 'node_modules');
  const env = {
    RONDO_ADDON: '',
    RONDO_NATIVE: '1',
    NODE_PATH: '',
    HOME: directory,
    npm_config_cache: path.join(directory, 'cache'),
  };

  for (const [index, manager] of MANAGERS.entries()) {
    await t.test(manager.name, async (t) => {
      const folder = path.join(directory, `app${index}`);
      mkdirSync(folder);
      const files = {
        'package.json': '{ "name": "app", "private": true, "type": "module" }\n',
        'dispatched.js': DISPATCHED,
        'cluster.js': CLUSTER,
        'server.js': SERVER,
        ...manager.files?.(registry.url),
      };
      for (const [name, content] of Object.entries(files)) {
        writeFileSync(path.join(folder, name), content);
      }
      await run(t, manager.install(tools, registry.url), folder, env);
      const ways = [
        [...manager.node(tools), 'dispatched.js'],
        [...manager.node(tools), '--import', 'rondo/register', 'cluster.js'],
        [...manager.rondo(tools), 'start', 'server.js', '-w', '2'],
      ];
      for (const words of ways) {
        const name = words
          .slice(-4)
          .map((word) => path.basename(word))
          .join(' ');
        await t.test(name, async (t) => {
          const program = startCommand(t, words, folder, env);
          if (manager.onlyDispatcher === true && words.at(-1) !== 'dispatched.js') {
            await program.prints(
              /cannot load rondo's modules with yarn's Plug'n'Play: set 'nodeLinker/,
            );
            return;
          }
          const [, port] = await program.prints(/127\.0\.0\.1:(\d+)/);
          const answers = new Set<string>();
          while (answers.size < 2) answers.add(await get(Number(port)));
          // To all of them, as Ctrl-C sends it.
          const ended = once(program.child, 'close');
          process.kill(-(program.child.pid as number), 'SIGINT');
          await ended;
          t.notMatch(program.output(), /RONDO_\w+_FALLBACK|error/i);
        });
      }
    });
  }
});
