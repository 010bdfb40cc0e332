// docs/troubleshooting.md: what it says is seen is what is seen. Each symptom is brought about, and its lines are looked for.

import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { test } from 'tap';
import { HELP } from '../../src/cli/help.js';
import { copyPackage } from '../fixtures/cluster-package.js';
import { blocksOf, Page, readPage } from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

const page = readPage('docs/troubleshooting.md');
const blocks = blocksOf(page).map(({ text }) => text.trimEnd());

/** Without numbers, paths and times; an ellipsis of the page is for anything. */
const form = (text: string): string =>
  text
    .replaceAll(/^\S+Z /gm, '')
    .replaceAll(/(\/[\w@.+-]+)+/g, 'PATH')
    .replaceAll(/\d+(\.\d+)*/g, 'N');

function shows(output: string, block: string | undefined): string[] {
  const lines = form(output).split('\n');
  return (block ?? 'no block').split('\n').filter((line) => !lines.includes(form(line)));
}

test('a worker is never ready', nativeOnly, async (t) => {
  const place = new Place(t);
  place.write('consumer.mjs', 'setInterval(() => {}, 1_000);\n');
  const command = 'npx rondo start consumer.mjs -w 1 --max-restarts 0 --start-timeout 300';
  const { output, code } = await place.run(command);
  t.equal(code, 3);
  t.strictSame(shows(output, blocks[0]), []);
  const server = place.start('npx rondo start consumer.mjs -w 1 --ready-when started');
  await server.prints(/ready after/);
  await place.stop(server);
});

test('the address is in use', nativeOnly, async (t) => {
  const place = new Place(t);
  // An address that is free when it is asked for, and held by this process.
  const holder = net.createServer();
  await once(holder.listen(0), 'listening');
  t.teardown(() => void holder.close());
  const { port } = holder.address() as AddressInfo;
  const program = `import http from 'node:http';\nhttp.createServer().listen(${port});\n`;
  place.write('server.mjs', program);
  const { output, code } = await place.run('npx rondo start server.mjs -w 2');
  t.equal(code, 3);
  const [first = '', second = ''] = blocks[1]?.split('\n') ?? [];
  t.match(form(output), form(first));
  const [, said = ''] = /^(rondo: :::\d+ is held by process \d+: )/.exec(second) ?? [];
  t.match(form(output), form(said));
  t.match(output, `is held by process ${process.pid}: `);
});

test('the addon cannot be loaded', async (t) => {
  const place = new Place(t);
  const { register } = copyPackage(t, { hasAddon: false });
  place.write('app.mjs', Page.open('docs/cluster.md').program('app.mjs'));
  // A reader has not asked for an error.
  const app = place.start(`node --import ${register} app.mjs`, { RONDO_NATIVE: undefined });
  await app.port();
  await app.interrupt();
  // The package is another platform's elsewhere.
  const seen = form(app.output().replaceAll(/linux-\w+-\w+/g, 'linux-x64-glibc'));
  t.strictSame(shows(seen, blocks[2]), []);
});

test('a worker fails again and again', nativeOnly, async (t) => {
  const place = new Place(t);
  place.write('server.mjs', "throw new Error('DATABASE_URL is not set');\n");
  const { output, code } = await place.run('npx rondo start server.mjs -w 2 --max-restarts 1');
  t.equal(code, 3);
  t.strictSame(shows(output, blocks[3]), []);
  t.equal(blocks.length, 4, 'that is every block');
});

test('its flags are flags', (t) => {
  // Of other programs, and of Node.js from 20 on.
  const foreign = ['--omit', '--no-addons', '--permission', '--allow-addons'];
  foreign.push('--allow-fs-read', '--allow-fs-write', '--allow-child-process');
  const flags = new Set([...page.matchAll(/(?<=[` ])--[a-z-]+/g)].map(([flag]) => flag));
  t.ok(flags.size > 12);
  for (const flag of flags) {
    if (!foreign.includes(flag)) t.match(HELP, new RegExp(` ${flag}\\b`), flag);
  }
  t.end();
});
