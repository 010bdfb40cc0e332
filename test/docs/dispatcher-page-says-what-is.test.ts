// docs/dispatcher.md against the package: its program runs as it stands there, and the options, policies and events it
// names are those there are.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dispatcher, type ListenOptions } from 'rondo';
import { test } from 'tap';
import { validateDispatcherOptions } from '../../src/dispatcher/options.js';
import { POLICIES, POLICY_NAMES } from '../../src/dispatcher/policies/index.js';
import { blocksOf } from '../fixtures/docs-page.js';
import { get, startProgram } from '../fixtures/examples.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = path.join(root, 'docs/dispatcher.md');
const page = readFileSync(file, 'utf8');

const blocks = blocksOf(page);

test('the program runs as it stands', async (t) => {
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

test('its options are the options', async (t) => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)];
  const table = Object.fromEntries(rows.map(([, option, value]) => [option, value]));
  const defaults = Object.entries(validateDispatcherOptions({}));
  t.strictSame(
    table,
    Object.fromEntries(
      defaults.map(([option, value]) => [option, JSON.stringify(value).replaceAll('"', "'")]),
    ),
  );
});

test('its policies are the policies', async (t) => {
  const [, section = ''] = page.split('### Policies');
  const rows = [...section.matchAll(/^\| `([\w-]+)` \| ([^|`]+) \|$/gm)];
  t.strictSame(
    rows.map(([, name, help]) => [name, help]),
    POLICIES.map(({ name, help }) => [name, help]),
  );
  const types = readFileSync(path.join(root, 'src/types/policy.ts'), 'utf8');
  const [, docs = ''] =
    /^\/\*\*\n((?: \*.*\n)+?) \*\/\nexport type PolicyName =/m.exec(types) ?? [];
  const named = [...docs.matchAll(/^ \* - `'([\w-]+)'`:/gm)].map(([, name]) => name);
  t.strictSame(named, POLICY_NAMES, 'and those of the types');
});

test('its events are the events', async (t) => {
  const source = readFileSync(path.join(root, 'src/dispatcher/events.ts'), 'utf8');
  const body = /^export interface DispatcherEvents {\n(.*?)^}/ms.exec(source)?.[1] ?? '';
  const events = [...body.matchAll(/^ {2}'?([\w:]+)'?: \[/gm)].map(([, name]) => name);
  t.ok(events.length > 5);
  const sentence = /^Events of a dispatcher: (.*?)\. /ms.exec(page)?.[1] ?? '';
  const named = [...sentence.matchAll(/`([\w:]+)`/g)].map(([, name]) => name);
  t.strictSame(named.sort(), events.sort());
});

test('its function is a policy', async (t) => {
  const [code = ''] = blocks.map(({ text }) => text).filter((text) => text.includes('policy: ('));
  const given: ListenOptions[] = [];
  const dispatcher = new Dispatcher();
  t.teardown(() => dispatcher.close());
  const listen = (options: ListenOptions): Promise<unknown> => {
    given.push(options);
    return dispatcher.listen({ ...options, port: 0, host: '127.0.0.1' });
  };
  await new Function('dispatcher', `return (async () => { ${code} })()`)({ listen });
  const [{ policy } = {}] = given;
  const pick = policy as unknown as (connections: object[], slots: object[]) => unknown;
  const connections = [{ address: '10.1.2.3' }, { address: '192.0.2.1' }];
  t.strictSame(pick(connections, [{ id: 7 }, { id: 8 }]), [7, null]);
  t.equal(blocks.length, 3, 'with the two of the program that is every block');
});
