// Who installs rondo into an empty folder gets it and the addon of the platform, and nothing of another platform; and
// what the README says works there, each way to start it, without a warning.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { PLATFORMS } from '../../src/native/addon.js';
import { type Example, get, startCommand } from '../fixtures/examples.js';
import { nativeOnly } from '../fixtures/harness.js';
import { packPackages } from '../fixtures/packages.js';
import { serveRegistry } from '../fixtures/registry.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SERVER = `import http from 'node:http';
http.createServer((_, response) => response.end(String(process.pid))).listen(0, '127.0.0.1');
`;

const CLUSTER = `import cluster from 'node:cluster';
import http from 'node:http';
if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork();
  let ready = 0;
  cluster.on('listening', (_, { port }) => ++ready === 2 && console.log('listening', { port }));
  process.once('SIGINT', () => cluster.disconnect());
} else {
  process.on('SIGINT', () => {});
  http.createServer((_, response) => response.end(String(process.pid))).listen(0, '127.0.0.1');
}
`;

/** The environment of a newcomer: no addon is named, and no other one of this checkout found. */
const plain = { RONDO_ADDON: '', RONDO_NATIVE: '1', NODE_PATH: '' };

/** Programs of the page about the Dispatcher, to which README leads, that begin with their file's name, on a free port. */
function programsOfPage(): Record<string, string> {
  const page = readFileSync(path.join(ROOT, 'docs/dispatcher.md'), 'utf8');
  const blocks = [...page.matchAll(/^```js\n\/\/ ([\w-]+\.mjs)\n(.*?)^```$/gms)];
  return Object.fromEntries(
    blocks.map(([, name = '', text = '']) => [name, text.replace('8000', '0')]),
  );
}

async function answersOf(port: number, count: number): Promise<string[]> {
  const answers = new Set<string>();
  while (answers.size < count) answers.add(await get(port));
  return [...answers];
}

/** By a signal for all of them, as Ctrl-C sends it. */
async function end({ child }: Example): Promise<void> {
  const ended = once(child, 'close');
  process.kill(-(child.pid as number), 'SIGINT');
  await ended;
}

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Not synchronously: the registry is in this process. */
async function run(
  command: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Result> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  const texts = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  const [stdout, stderr] = await texts;
  return { code, stdout, stderr };
}

test('the installed packages', nativeOnly, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-installed-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const registry = await serveRegistry(t, packPackages(path.join(directory, 'tarballs')));
  // Not below this checkout, where its own node_modules would be found.
  const folder = path.join(directory, 'app');
  const files = { ...programsOfPage(), 'server.mjs': SERVER, 'cluster.mjs': CLUSTER };
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const env = {
    ...plain,
    npm_config_cache: path.join(directory, 'cache'),
    npm_config_save: 'true',
  };

  await t.test('npm install', async (t) => {
    const args = ['install', 'rondo', '--registry', registry.url, '--no-audit', '--no-fund'];
    const { code, stdout, stderr } = await run('npm', args, folder, env);
    t.strictSame([code, stderr], [0, ''], stdout);
    const addons = registry.served.filter((file) => file.startsWith('rondo-linux-'));
    t.equal(addons.length, 1, `one of ${PLATFORMS.length}`);
    const installed = readdirSync(path.join(folder, 'node_modules/@rondo'));
    t.strictSame(installed, [/^rondo-(.*)-\d+\.\d+\.\d+\.tgz$/.exec(addons[0] ?? '')?.[1]]);
    t.match(installed[0], `linux-${process.arch}-`);
  });

  await t.test('npx rondo --version', async (t) => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const args = ['--no-install', 'rondo', '--version'];
    t.strictSame(await run('npx', args, folder, env), {
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  const node = process.execPath;
  const ways: Array<[words: string[], listening: RegExp, workers: number]> = [
    [[node, 'primary.mjs'], /^listening .*\bport: (\d+)/m, 4],
    [[node, '--import', 'rondo/register', 'cluster.mjs'], /^listening .*\bport: (\d+)/m, 2],
    [['npx', '--no-install', 'rondo', 'start', 'server.mjs', '-w', '2'], /127\.0\.0\.1:(\d+)/, 2],
  ];
  for (const [words, listening, workers] of ways) {
    const name = words.join(' ').replace(node, 'node');
    await t.test(name, async (t) => {
      const program = startCommand(t, words, folder, env);
      const [, port] = await program.prints(listening);
      await answersOf(Number(port), workers);
      await end(program);
      t.notMatch(program.output(), /warn|deprecat|error/i, 'nothing is warned of');
    });
  }
});
