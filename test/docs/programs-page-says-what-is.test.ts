// docs/operate/programs.md against the package: its command lines are understood, its configurations are taken, and
// what it says of errors is what they say.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { readConfig } from '../../dist/cli/config-file.js';
import { parseArguments } from '../../src/cli/arguments.js';
import { HELP } from '../../src/cli/help.js';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const page = readFileSync(new URL('../../docs/operate/programs.md', import.meta.url), 'utf8');

function blocksOf(language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language ? [text as string] : [],
  );
}

test('its command lines', (t) => {
  const lines = blocksOf('sh')
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('rondo start'));
  t.ok(lines.length >= 6);
  for (const line of lines) {
    t.equal(parseArguments(line.split(' ').slice(1)).command, 'start', line);
  }
  const own = ['--env-file', '--import', '--node-arg', '--watch', '--watch-ignore', '--log'];
  const more = ['--no-time', '--program', '--fail-together', '--env-file-if-exists'];
  for (const flag of [...own, ...more]) {
    t.ok(page.includes(flag) && HELP.includes(flag), flag);
  }
  t.end();
});

test('its configurations', (t) => {
  const directory = temporaryDirectory(t);
  const [json = ''] = blocksOf('json');
  const file = path.join(directory, 'rondo.json');
  writeFileSync(file, json);
  t.strictSame([...(readConfig(file).programs?.keys() ?? [])], ['web', 'api']);
  const [module = ''] = blocksOf('js');
  const index = new URL('../../dist/index.js', import.meta.url).href;
  writeFileSync(path.join(directory, 'rondo.mjs'), module.replace("'rondo'", `'${index}'`));
  t.match(readConfig(path.join(directory, 'rondo.mjs')).settings, { exec: 'server.js' });
  t.end();
});

test('its errors', async (t) => {
  const cwd = temporaryDirectory(t);
  const app = fixture('cluster-app.mjs');
  const said = async (args: string[]): Promise<string> => {
    const run = runCli(t, ['start', app, ...args], {}, { cwd });
    t.equal(await run.end, 2);
    const [line = ''] = run.stderr().split('\n');
    return line.replace(process.version, 'v20.20.2').replace(cwd, '/srv/app');
  };
  for (const args of [
    ['--node-arg', '--foo'],
    ['--import', 'nopkg'],
  ]) {
    t.match(page, await said(args));
  }
  const config = path.join(cwd, 'rondo.config.mjs');
  writeFileSync(config, `export default { policy: () => {} };`);
  t.match(page, await said(['--config', path.basename(config)]));
});
