// The code blocks of the pages that are read for one thing, and not from their beginning: what is said of rondo in each is
// checked by the tool that would read it. The other pages, whose blocks make a program, have tests of their own, which run them.
// A block that neither can be done with is listed, with the reason.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import ts from 'typescript';
import { parseArguments } from '../../src/cli/arguments.js';
import { CONTROL_COMMANDS as COMMANDS } from '../../src/cli/control/commands.js';
import { HELP } from '../../src/cli/help.js';
import { validateSupervisorOptions } from '../../src/supervisor/options.js';
import {
  type Block,
  blocksOf,
  commandsOf,
  pageNames,
  ROOT,
  readPage,
} from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';

/** What is shown, and not run: the page, how many such blocks, and why. */
const SHOWN: Array<[page: string, language: string, count: number, why: string]> = [
  [
    'docs/limits.md',
    'http',
    1,
    'headers of a response; http-middleware-keeps-clients-apart tests them',
  ],
  ['docs/operations.md', '', 2, 'two drawings; the third is the log, which its own test compares'],
  ['docs/operate/containers.md', '', 3, 'lines of the log as they came from that machine'],
  ['docs/operate/figures.md', '', 1, 'a line of the log with the port that was asked for'],
  ['docs/operate/program-metrics.md', '', 5, 'samples; test/metrics compares what is scraped'],
  ['docs/operate/programs.md', '', 10, 'the log; its own test compares the errors'],
  [
    'docs/operate/proxy-protocol.md',
    '',
    1,
    'lines out of two configurations; test/proxy runs both programs',
  ],
  ['docs/operate/upgrade.md', '', 3, 'the log of an upgrade; test/upgrade tests what it says'],
  ['docs/operate/views.md', '', 1, 'a screen of rondo top; test/views tests it'],
  ['docs/troubleshooting.md', '', 4, 'what is seen; its own test looks for each line'],
  ['docs/operate/control.md', 'console', 13, 'a session; its own test runs it'],
  ['docs/operate/views.md', 'console', 1, 'rondo top --once; test/views tests it'],
  ['docs/operate/containers.md', 'yaml', 1, 'kubectl reads it in containers-page-works'],
  ['docs/operate/figures.md', 'yaml', 2, 'promtool reads both in test/metrics'],
  [
    'docs/operate/containers.md',
    'dockerfile',
    1,
    'its commands are checked in containers-page-works',
  ],
  [
    'docs/operations.md',
    'dockerfile',
    1,
    'its commands are checked in operations-page-says-what-is',
  ],
];

const tests = readdirSync(path.join(ROOT, 'test/docs'))
  .map((name) => path.join(ROOT, 'test/docs', name))
  .concat(
    ['framework', 'migration'].map((name) =>
      path.join(ROOT, `test/ecosystem/${name}-pages-work.test.ts`),
    ),
  )
  .map((file) => readFileSync(file, 'utf8'));

/** Its own test takes each block, and says so where one is left. */
const isRun = (page: string): boolean =>
  page === 'docs/dispatcher.md' ||
  page === 'docs/index.md' ||
  tests.some((text) => text.includes(`Page.open('${page}')`) && text.includes('page.close(t)'));

const pages = pageNames()
  .filter((name) => !isRun(name))
  .map((name) => ({ name, blocks: blocksOf(readPage(name)) }));

const withLanguage = (...languages: string[]): Array<Block & { page: string }> =>
  pages.flatMap(({ name, blocks }) =>
    blocks
      .filter(({ language }) => languages.includes(language))
      .map((block) => ({ ...block, page: name })),
  );

const CHECKED = ['js', 'sh', 'json', 'ini'];

test('what is only shown is listed', (t) => {
  const counts = new Map<string, number>();
  for (const { name, blocks } of pages) {
    for (const { language } of blocks.filter((one) => !CHECKED.includes(one.language))) {
      counts.set(`${name} ${language}`, (counts.get(`${name} ${language}`) ?? 0) + 1);
    }
  }
  const listed = SHOWN.map(([page, language, count]) => [`${page} ${language}`, count] as const);
  // One of the log.
  counts.set('docs/operations.md ', (counts.get('docs/operations.md ') ?? 0) - 1);
  t.strictSame(Object.fromEntries(counts), Object.fromEntries(listed));
  t.end();
});

// A name that a snippet takes for granted, or a package that is not installed here, is no error of what it says of rondo.
const NOT_OF_RONDO = new Set([2304, 2307, 2552, 2580, 2584, 18004, 7016, 2695]);

test('JavaScript: rondo has what is used, with those options', (t) => {
  const place = new Place(t, ['.']);
  const blocks = withLanguage('js');
  const files = blocks.map(({ text, page, line }) => {
    const name = `${page.replaceAll(/\W+/g, '-')}-${line}.mjs`;
    // What is left out, and what the block before has made.
    place.write(name, `${text.replaceAll('…', '')}\nexport {};\n`);
    return `${place.directory}/${name}`;
  });
  const program = ts.createProgram(files, {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    noImplicitAny: false,
    strictNullChecks: false,
    strictFunctionTypes: false,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    typeRoots: [`${place.directory}/node_modules/@types`],
  });
  t.ok(blocks.length > 25);
  for (const [index, file] of files.entries()) {
    const source = program.getSourceFile(file);
    const errors = ts
      .getPreEmitDiagnostics(program, source)
      .filter(({ code, messageText }) => {
        const text = ts.flattenDiagnosticMessageText(messageText, ' ');
        return !NOT_OF_RONDO.has(code) || /module 'rondo/.test(text);
      })
      .map(
        ({ messageText, code }) => `${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    t.strictSame(errors, [], `${blocks[index]?.page}:${blocks[index]?.line}`);
  }
  t.end();
});

test('shell: rondo takes the commands', (t) => {
  const commands = withLanguage('sh').flatMap(({ text, page }) =>
    commandsOf(text.replaceAll(/\\\n/g, ' ')).map((command) => ({ command, page })),
  );
  t.ok(commands.length > 20);
  for (const { command, page } of commands) {
    const { status, stderr } = spawnSync('bash', ['-n', '-c', command.replace(/^\$ /, '')]);
    t.equal(status, 0, `${page}: ${command}: ${stderr}`);
    const [, words = ''] = /^(?:npx )?rondo (.*)$/.exec(command) ?? [];
    const [name = '', ...rest] = words.split(/\s+/);
    if (name === 'start') t.equal(parseArguments([name, ...rest]).command, 'start', command);
    else if (name === 'bench' || name === 'top') t.match(HELP, `rondo ${name}`);
    else if (name !== '') t.ok(name in COMMANDS, command);
  }
  t.end();
});

test('JSON is a configuration', (t) => {
  for (const { text, page } of withLanguage('json')) {
    const { programs, ...settings } = JSON.parse(text);
    for (const one of Object.values(programs ?? { settings }) as object[]) {
      t.doesNotThrow(() => validateSupervisorOptions({ exec: 'app.js', ...one }), page);
    }
  }
  t.end();
});

const [, systemd] =
  /^systemd (\d+)/.exec(
    spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '',
  ) ?? [];

test('units of systemd', systemd ? {} : { skip: 'needs systemd-analyze' }, (t) => {
  const place = new Place(t);
  const units = withLanguage('ini').filter(({ text }) => text.includes('ExecStart='));
  t.ok(units.length >= 3);
  for (const [index, { text, page, line }] of units.entries()) {
    const name = `docs${index}.service`;
    const unit = text
      .replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`)
      .replace(/^WorkingDirectory=.*/m, `WorkingDirectory=${place.directory}`)
      // Of 253 and later, as the page says.
      .replace('notify-reload', Number(systemd) < 253 ? 'notify' : 'notify-reload')
      .replace(/^(Requires|After)=app.*\n/gm, '');
    place.write(name, unit);
    const { stderr } = spawnSync('systemd-analyze', ['verify', name], {
      cwd: place.directory,
      encoding: 'utf8',
    });
    t.strictSame(
      stderr.split('\n').filter((one) => one.includes('docs')),
      [],
      `${page}:${line}`,
    );
  }
  t.end();
});
