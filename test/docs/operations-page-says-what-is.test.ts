// docs/operations.md against the package: its options, defaults, flags and log lines are those there are,
// and its files work as they stand there.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { SETTING_FLAGS } from '../../src/cli/arguments.js';
import { HELP } from '../../src/cli/help.js';
import { validateSupervisorOptions } from '../../src/supervisor/options.js';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const page = readFileSync(path.join(docs, 'operations.md'), 'utf8');

const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text: text as string,
}));

function blocksOf(language: string): string[] {
  return blocks.filter((block) => block.language === language).map(({ text }) => text);
}

/** Cells of the table of options: flag, key, default. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(({ length }) => length === 4);

function row(cell: string): Array<string | undefined> {
  return rows.find(([flag, key]) => key === `\`${cell}\`` || flag?.includes(`\`--${cell}\``)) ?? [];
}

test('every option with its default', (t) => {
  const valid = validateSupervisorOptions({ exec: 'app.js' });
  const { dispatcher, exec, cwd, sockets, fileEnv, agentArgv, ...rest } = valid;
  const { maxConnections: maxOpenConnections, ...dealing } = dispatcher;
  const special: Record<string, RegExp> = { workers: /^`"max"`$/, guard: /^`true`$/ };
  for (const [key, value] of Object.entries({ ...rest, ...dealing, maxOpenConnections })) {
    const said = row(key)[2] ?? 'nothing';
    if (special[key] !== undefined) t.match(said, special[key], key);
    else if (typeof value === 'number') t.match(said, new RegExp(`^${value}(: off)?$`), key);
    else if (typeof value === 'string') t.match(said, `\`"${value}"\``, key);
    else t.match(said, /none|own/, key);
  }
  t.end();
});

test('every flag', (t) => {
  for (const [flag, { option }] of Object.entries(SETTING_FLAGS)) {
    t.equal(row(flag)[1], `\`${option}\``, flag);
  }
  const flags = (text: string): string[] => [...new Set(text.match(/--[a-z-]+[a-z]/g))].sort();
  const own = flags(HELP).filter((flag) => flag !== '--help' && flag !== '--version');
  t.strictSame(flags(rows.map(([flag]) => flag).join(' ')), own, 'as in --help');
  t.end();
});

test('the configuration', (t) => {
  for (const text of blocksOf('json')) {
    t.doesNotThrow(() => validateSupervisorOptions({ ...JSON.parse(text), exec: 'app.js' }));
  }
  t.end();
});

test('the log', async (t) => {
  const lines =
    blocks
      .find(({ text }) => /^\S+ rondo: /.test(text))
      ?.text.trim()
      .split('\n') ?? [];
  t.equal(lines.length, 5);
  const run = runCli(t, ['start', fixture('cluster-app.mjs'), '-w', '1']);
  await run.listening(1);
  run.child.kill('SIGTERM');
  await run.end;
  const plain = (line: string): string => line.replace(/\d+(\.\d+)*/g, 'N');
  const logged = run.timed().split('\n').map(plain);
  for (const line of lines) t.ok(logged.includes(plain(line)), line);
});

/** As a reader of Markdown makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replace(/ /g, '-'),
  );
}

/** Each page's links lead to a file, and to a heading in it. */
const pages = [
  'operations.md',
  ...readdirSync(path.join(docs, 'operate')).map((name) => `operate/${name}`),
];

for (const name of pages.filter((one) => one.endsWith('.md'))) {
  test(`links of ${name}`, (t) => {
    const text = readFileSync(path.join(docs, name), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const at = file === '' ? path.join(docs, name) : path.join(docs, path.dirname(name), file);
      if (!t.ok(existsSync(at), target) || anchor === undefined) continue;
      t.ok(anchorsOf(readFileSync(at, 'utf8')).includes(anchor), target);
    }
    t.end();
  });
}

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test('the units', hasSystemd ? {} : { skip: 'needs systemd-analyze' }, (t) => {
  const directory = temporaryDirectory(t);
  const files = blocksOf('ini').map((text) => {
    const file = path.join(directory, path.basename(text.split('\n', 1)[0] as string));
    const here = text.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`);
    writeFileSync(file, here.replace(/^WorkingDirectory=.*/m, `WorkingDirectory=${directory}`));
    return file;
  });
  t.equal(files.length, 2);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], {
    encoding: 'utf8',
  });
  const ours = stderr.split('\n').filter((line) => line.includes('app.'));
  t.strictSame(ours, []);
  t.equal(status, 0, stderr);
  t.end();
});

test("the container's health check", async (t) => {
  const [text = ''] = blocksOf('dockerfile');
  const [, list = ''] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(text.replaceAll('\\\n', '')) ?? [];
  const [, ...args] = JSON.parse(list) as string[];
  let code = 200;
  const server = http.createServer((_request, response) => {
    response.statusCode = code;
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const check = async (): Promise<unknown> => {
    const child = spawn(
      process.execPath,
      args.map((arg) => arg.replace('8000', String(port))),
    );
    const [exitCode] = await once(child, 'close');
    return exitCode;
  };
  t.equal(await check(), 0);
  code = 503;
  t.equal(await check(), 1);
  server.close();
  t.equal(await check(), 1);
});
