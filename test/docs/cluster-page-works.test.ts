// docs/cluster.md: its programs run under plain Node and with rondo, and its variables are those that rondo reads.

import { test } from 'tap';
import { VARIABLES } from '../../src/cluster/options.js';
import { ask } from '../fixtures/cluster-cli.js';
import { Page, readPage } from '../fixtures/docs-page.js';
import { Place, type Started } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

/** Whether rondo deals its connections: then its primary has one of rondo's scoreboards. */
const HAS_RONDO = `import { readdirSync, readlinkSync } from 'node:fs';
import cluster from 'node:cluster';
if (cluster.isPrimary) cluster.on('listening', () => {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
  });
  console.log('rondo: ' + links.some((link) => link.includes('rondo-scoreboard')));
});
`;

async function isOnRondo(app: Started): Promise<boolean> {
  const port = await app.port();
  const seen = new Set<string>();
  while (seen.size < 2) seen.add(await ask(port));
  const [, answer] = await app.prints(/^rondo: (\w+)$/m);
  await app.interrupt();
  return answer === 'true';
}

test('docs/cluster.md', nativeOnly, async (t) => {
  const page = Page.open('docs/cluster.md');
  const place = new Place(t);
  for (const name of ['app.mjs', 'configured.mjs']) place.write(name, page.program(name));
  place.write('probe.mjs', HAS_RONDO);
  const probe = { NODE_OPTIONS: '--import ./probe.mjs' };
  const flag = page.command('--import rondo/register');

  t.notOk(await isOnRondo(place.start('node app.mjs', probe)), 'plain Node');
  t.ok(await isOnRondo(place.start(flag, probe)), 'the flag');
  const [, variable = ''] = /NODE_OPTIONS="(.*?)"/.exec(readPage(page.name)) ?? [];
  const both = { NODE_OPTIONS: `${probe.NODE_OPTIONS} ${variable}` };
  t.ok(await isOnRondo(place.start('node app.mjs', both)), 'the variable');
  t.ok(await isOnRondo(place.start('node configured.mjs', probe)), 'the import');
  page.close(t);
});

test('its variables', (t) => {
  const rows = [...readPage('docs/cluster.md').matchAll(/^\| `(RONDO_\w+)` \| `(\w+)`/gm)];
  t.strictSame(
    Object.fromEntries(rows.map(([, variable, option]) => [variable, option])),
    Object.fromEntries(Object.entries(VARIABLES).map(([name, { option }]) => [name, option])),
  );
  t.end();
});
