// The README against the package: its program runs as it stands there, and the files, scripts,
// options and events it names are those there are.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { validateDispatcherOptions } from '../../src/dispatcher/options.js';
import { POLICIES, POLICY_NAMES } from '../../src/dispatcher/policies/index.js';
import { get, startProgram } from '../fixtures/examples.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = path.join(root, 'README.md');
const readme = existsSync(file) ? readFileSync(file, 'utf8') : '';
const withReadme = readme === '' ? { skip: 'there is no README.md' } : {};

const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
  ([, language = '', text = '']) => ({ language, text }),
);

test('the program runs as it stands', withReadme, async (t) => {
  const files: Record<string, string> = {};
  for (const { language, text } of blocks) {
    const name = /^\/\/ ([\w-]+\.mjs)\n/.exec(text)?.[1];
    if (language === 'js' && name !== undefined) files[name] = text.replace('8000', '0');
  }
  t.strictSame(Object.keys(files), ['primary.mjs', 'worker.mjs']);
  const directory = t.testdir(files);
  const program = startProgram(t, path.join(directory, 'primary.mjs'));
  const [, port] = await program.prints(/^listening .*\bport: (\d+)/m);
  const answers = new Set<string>();
  while (answers.size < 4) answers.add(await get(Number(port)));
  const [first] = answers;
  const pid = Number(/^worker (\d+)\n$/.exec(first ?? '')?.[1]);
  process.kill(pid, 'SIGKILL');
  while (answers.size < 5) answers.add(await get(Number(port)));
  t.equal(answers.size, 5, 'a worker that was killed is replaced');
});

test('its files are there', withReadme, async (t) => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
  const local = links.filter((target) => !/^https?:/.test(target));
  t.ok(local.length > 0);
  for (const target of local) t.ok(existsSync(path.join(root, target)), target);
});

test('its scripts are there', withReadme, async (t) => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)];
  t.ok(named.length >= 3);
  for (const [command, ran, short] of named) t.ok((ran ?? short ?? '') in scripts, command);
});

test('its options are the options', withReadme, async (t) => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)];
  const table = Object.fromEntries(rows.map(([, option, value]) => [option, value]));
  const defaults = Object.entries(validateDispatcherOptions({}));
  t.strictSame(
    table,
    Object.fromEntries(
      defaults.map(([option, value]) => [option, JSON.stringify(value).replaceAll('"', "'")]),
    ),
  );
});

test('its policies are the policies', withReadme, async (t) => {
  const [, section = ''] = readme.split('### Policies');
  const rows = [...section.matchAll(/^\| `([\w-]+)` \| ([^|`]+) \|$/gm)];
  t.strictSame(
    rows.map(([, name, help]) => [name, help]),
    POLICIES.map(({ name, help }) => [name, help]),
  );
  const types = readFileSync(path.join(root, 'src/types.ts'), 'utf8');
  const [, docs = ''] =
    /^\/\*\*\n((?: \*.*\n)+?) \*\/\nexport type PolicyName =/m.exec(types) ?? [];
  const named = [...docs.matchAll(/^ \* - `'([\w-]+)'`:/gm)].map(([, name]) => name);
  t.strictSame(named, POLICY_NAMES, 'and those of the types');
});

test('its events are the events', withReadme, async (t) => {
  const source = readFileSync(path.join(root, 'src/dispatcher/events.ts'), 'utf8');
  const body = /^export interface DispatcherEvents {\n(.*?)^}/ms.exec(source)?.[1] ?? '';
  const events = [...body.matchAll(/^ {2}'?([\w:]+)'?: \[/gm)].map(([, name]) => name);
  t.ok(events.length > 5);
  const sentence = /^Events of a dispatcher: (.*?)\. /ms.exec(readme)?.[1] ?? '';
  const named = [...sentence.matchAll(/`([\w:]+)`/g)].map(([, name]) => name);
  t.strictSame(named.sort(), events.sort());
});

test('nothing is left to be filled in', withReadme, async (t) => {
  t.notMatch(readme, /^[A-Z]+(_[A-Z]+)+$/m);
  t.notMatch(readme, /\b(TODO|FIXME|TBD)\b/);
});
