// docs/dispatcher.md against the package: its program runs as it stands there, and the options, policies and events it
// names are those there are.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dispatcher, type ListenOptions } from 'rondo';
import { test } from 'tap';
import ts from 'typescript';
import { validateDispatcherOptions } from '../../src/dispatcher/options.js';
import { POLICIES, POLICY_NAMES } from '../../src/dispatcher/policies/index.js';
import { blocksOf } from '../fixtures/docs-page.js';
import { get, startProgram } from '../fixtures/examples.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = path.join(root, 'docs/dispatcher.md');
const page = readFileSync(file, 'utf8');

const blocks = blocksOf(page);

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  const [, text = ''] = page.split(`\n${heading}\n`);
  return text.split(/\n##+ /)[0] ?? '';
}

/** The names at the beginning of the rows of its table. */
const namesIn = (heading: string): string[] =>
  [...section(heading).matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`'?([\w:]+)'?`/g)].map(([, name = '']) => name),
  );

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
  const rows = [...section('## Options').matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)];
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
  const rows = [...section('### Policies').matchAll(/^\| `([\w-]+)` \| ([^|`]+) \|$/gm)];
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
  const events = [...body.matchAll(/^ {2}'?([\w:]+)'?: \[(.*)\]/gm)].map(([, name, args = '']) => [
    name,
    [...args.matchAll(/(\w+): /g)].map(([, argument]) => argument),
  ]);
  t.ok(events.length > 5);
  const rows = [...section('## Events').matchAll(/^\| `'([\w:]+)'` \| (.*?) ?\| .+ \|$/gm)];
  const named = rows.map(([, name, args = '']) => [
    name,
    [...args.matchAll(/`(\w+)`/g)].map(([, argument]) => argument),
  ]);
  t.strictSame(named.sort(), events.sort());
});

test('its options of listen() are the options', async (t) => {
  const source = readFileSync(path.join(root, 'src/dispatcher/options.ts'), 'utf8');
  const keysOf = (name: string): string[] => {
    const pattern = new RegExp(`^const ${name}: \\S+ = {\n(.*?)^};`, 'ms');
    const body = pattern.exec(source)?.[1] ?? '';
    return [...body.matchAll(/^ {2}(\w+): true,$/gm)].map(([, key = '']) => key);
  };
  const options = [...keysOf('LISTEN_KEYS'), ...keysOf('CHANGEABLE_KEYS')];
  t.ok(options.length > 15);
  t.strictSame(namesIn('## Listeners').sort(), options.sort());
});

test('its states are the states of a slot', async (t) => {
  const source = readFileSync(path.join(root, 'src/types/stats.ts'), 'utf8');
  const [, states = ''] = /^export type SlotState = (.*);$/m.exec(source) ?? [];
  const named = [...states.matchAll(/'(\w+)'/g)].map(([, state]) => state);
  t.strictSame(namesIn('## Slots'), named);
});

test('its members are there', async (t) => {
  const dispatcher = new Dispatcher();
  t.teardown(() => dispatcher.close());
  const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
  const objects: Record<string, object> = { dispatcher, slot: dispatcher.openSlot(), listener };
  const members = [...page.matchAll(/`(?:await )?(dispatcher|slot|listener)\.(\w+)/g)];
  t.ok(members.length > 15);
  for (const [text, object = '', member = ''] of members) {
    t.ok(member in (objects[object] ?? {}), text);
  }
});

test('its block closes what it has opened', async (t) => {
  const [code = ''] = blocks.map(({ text }) => text).filter((text) => text.includes('await using'));
  const { outputText, diagnostics } = ts.transpileModule(
    `async function run(Dispatcher) {\n${code}\n}`,
    {
      reportDiagnostics: true,
      compilerOptions: { target: ts.ScriptTarget.ES2022 },
    },
  );
  t.strictSame(diagnostics, []);
  const opened: Dispatcher[] = [];
  class Local extends Dispatcher {
    constructor() {
      super();
      opened.push(this);
    }
    override listen(options: ListenOptions) {
      return super.listen({ ...options, port: 0, host: '127.0.0.1' });
    }
  }
  const run = new Function(`${outputText}\nreturn run;`)();
  await run(Local);
  t.equal(opened.length, 1);
  t.throws(() => opened[0]?.openSlot(), { code: 'ERR_RONDO_CLOSED' });
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
  t.equal(
    blocks.length,
    4,
    'with the two of the program, and the one that closes, that is every block',
  );
});
