// docs/reference.md against the package: its modules are the exports, its variables those that the code reads and sets, its
// program runs, and its ranges are those of the checks.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_FDS, MAX_PAYLOAD } from 'rondo/fd';
import { test } from 'tap';
import { checkControlName } from '../../src/control/place.js';
import {
  validateDispatcherOptions,
  validateListenOptions,
  validateSlotOptions,
} from '../../src/dispatcher/options.js';
import type { RondoError } from '../../src/errors.js';
import { checkEvent } from '../../src/hub/options.js';
import {
  LARGEST_STATE,
  LONGEST_NAME,
  MOST_LISTENERS,
  MOST_SLOTS,
} from '../../src/protocol/protocol.js';
import { checkLimiter, checkMap, checkName } from '../../src/shared/checks.js';
import { MOST_WORKERS } from '../../src/supervisor/machine.js';
import { consoleOf, Page, ROOT, readPage } from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';
import { variables } from '../fixtures/source-names.js';

const whole = readPage('docs/reference.md');

/** The cells of the tables of a section. */
function rowsOf(title: string): string[][] {
  const [, text = ''] = whole.split(`\n## ${title}\n`);
  const [section = ''] = text.split('\n## ');
  return [...section.matchAll(/^\| (?!---)(.*?) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.trim()),
  );
}

const inCode = (rows: string[][]): string[] =>
  rows.flatMap(([cell = '']) => /^`([^`]+)`/.exec(cell)?.[1] ?? []);

const source = (name: string): string => readFileSync(path.join(ROOT, 'src', name), 'utf8');

test('its modules are the exports', (t) => {
  const { exports } = JSON.parse(readPage('package.json')) as { exports: object };
  const names = Object.keys(exports).map((name) => name.replace(/^\./, 'rondo'));
  t.strictSame(inCode(rowsOf('Modules')).sort(), names.sort());
  t.end();
});

test('the functions of its modules are there', async (t) => {
  for (const [module = '', text = ''] of rowsOf('Modules')) {
    const name = module.replaceAll('`', '');
    if (!/^rondo(?:\/(?!register|package)|$)/.test(name) || name.includes('limits/')) continue;
    const exported = await import(name);
    for (const [, value = ''] of text.matchAll(/`([a-z]\w+)(?:\(\))?`/gi)) {
      if (value !== 'rondo') t.ok(value in exported, `${name} has ${value}`);
    }
  }
});

test('its variables are those of the code', (t) => {
  t.ok(variables.length >= 21);
  t.strictSame(inCode(rowsOf('Environment variables')).sort(), variables);
  t.end();
});

test('drain: its options and its result', (t) => {
  const keysOf = (file: string, type: string): string[] => {
    const pattern = new RegExp(`^export interface ${type} {\n(.*?)^}`, 'ms');
    const body = pattern.exec(source(file))?.[1] ?? '';
    return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, key = '']) => key);
  };
  t.strictSame(inCode(rowsOf('Drain a server')), [
    ...keysOf('drain/index.ts', 'DrainOptions'),
    ...keysOf('drain/types.ts', 'DrainCounts'),
  ]);
  const text = source('drain/index.ts').replaceAll('_', '');
  for (const [option = '', value = ''] of rowsOf('Drain a server').slice(1, 4)) {
    t.match(text, `${option.replaceAll('`', '')} = ${value.replaceAll(/[,`]/g, '')}`, option);
  }
  t.end();
});

test('fd: the program', nativeOnly, async (t) => {
  const page = Page.open('docs/reference.md');
  const place = new Place(t);
  place.write('fds.mjs', page.program('fds.mjs'));
  for (const { command, shown } of consoleOf(page.take('console', 'node fds.mjs'))) {
    const { code, output } = await place.run(command);
    t.equal(output.trimEnd(), shown);
    t.equal(code, 0);
  }
  page.close(t);
});

test('fd: its functions and numbers', async (t) => {
  const rows = rowsOf('Pass file descriptors');
  const exported = Object.keys(await import('rondo/fd')).filter((name) => name !== 'RondoError');
  t.strictSame(
    inCode(rows)
      .map((name) => name.replace(/\(.*/, ''))
      .sort(),
    exported.sort(),
  );
  const numbers = Object.fromEntries(rows.map(([name, value]) => [name, value]));
  t.equal(numbers['`MAX_FDS`'], String(MAX_FDS));
  t.equal(numbers['`MAX_PAYLOAD`']?.replace(',', ''), String(MAX_PAYLOAD));
});

/** What an error says that the option may be. */
function expectedBy(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    return (error as RondoError).expected ?? '';
  }
  throw new Error('It is taken');
}

/** No number is in any range. */
const NO = Number.NaN;
const BY = { by: 'cookie:a' } as const;
const many = (count: number): unknown[] => Array.from({ length: count }, (_, i) => `h${i}`);

const dispatcher = (options: object) => validateDispatcherOptions(options);
const listener = (options: object) => validateListenOptions({ port: 0, ...options });

/** Each option, as its check is given a value that is none, and where the default is. */
const CHECKS: Record<string, { wrong: () => unknown; byDefault?: () => unknown }> = {
  window: {
    wrong: () => dispatcher({ window: NO }),
    byDefault: () => `\`'${dispatcher({}).window}'\``,
  },
  takeBackMs: {
    wrong: () => dispatcher({ takeBackMs: NO }),
    byDefault: () => dispatcher({}).takeBackMs,
  },
  pickTimeoutMs: {
    wrong: () => dispatcher({ pickTimeoutMs: NO }),
    byDefault: () => dispatcher({}).pickTimeoutMs,
  },
  maxConnections: {
    wrong: () => dispatcher({ maxConnections: NO }),
    byDefault: () => `\`${dispatcher({}).maxConnections}\``,
  },
  maxQueueMs: {
    wrong: () => listener({ maxQueueMs: NO }),
    byDefault: () => `\`${listener({}).changeable.maxQueueMs}\``,
  },
  maxIdle: {
    wrong: () => listener({ maxIdle: NO }),
    byDefault: () => listener({}).changeable.maxIdle,
  },
  lookTimeoutMs: {
    wrong: () => listener({ lookTimeoutMs: NO }),
    byDefault: () => listener({}).changeable.lookTimeoutMs,
  },
  backlog: {
    wrong: () => listener({ backlog: NO }),
    byDefault: () => listener({}).place.backlog,
  },
  weight: {
    wrong: () => validateSlotOptions({ weight: NO }),
    byDefault: () => validateSlotOptions({}).weight,
  },
  route: { wrong: () => listener({ route: {} }) },
  'proxyProtocol.timeoutMs': {
    wrong: () => listener({ proxyProtocol: { from: '10.0.0.0/8', timeoutMs: NO } }),
    byDefault: () => listener({ proxyProtocol: '10.0.0.0/8' }).changeable.proxyProtocol?.timeoutMs,
  },
  'sticky.maxSessions': {
    wrong: () => listener({ sticky: { ...BY, maxSessions: NO } }),
    byDefault: () => listener({ sticky: BY }).changeable.sticky?.maxSessions,
  },
  'sticky.idleMs': {
    wrong: () => listener({ sticky: { ...BY, idleMs: NO } }),
    byDefault: () => listener({ sticky: BY }).changeable.sticky?.idleMs,
  },
  'sticky.waitMs': {
    wrong: () => listener({ sticky: { ...BY, waitMs: NO } }),
    byDefault: () => listener({ sticky: BY }).changeable.sticky?.waitMs,
  },
  'policy.bound': { wrong: () => dispatcher({ policy: { name: 'source-ip', bound: NO } }) },
  'policy.waitMs': {
    wrong: () => dispatcher({ policy: { name: 'source-ip', waitMs: NO } }),
  },
  'policy.ipv6Prefix': {
    wrong: () => dispatcher({ policy: { name: 'source-ip', ipv6Prefix: NO } }),
  },
  'policy.seed': { wrong: () => dispatcher({ policy: { name: 'random', seed: NO } }) },
};

const numbersIn = (text: string): string[] =>
  text.replaceAll(/(?<=\d),(?=\d{3})/g, '').match(/[\d.]+/g) ?? [];

test('its ranges are those of the checks', (t) => {
  const rows = rowsOf('Limits and ranges').filter(([, range]) => / to |^1 to/.test(range ?? ''));
  const named = rows.filter(([cell = '']) => cell.startsWith('`'));
  const lists = ['proxyProtocol.from', 'sticky.by'];
  t.strictSame(inCode(named).sort(), [...Object.keys(CHECKS), ...lists].sort());
  for (const [cell = '', range = '', its = ''] of named) {
    const [name = ''] = inCode([[cell]]);
    const check = CHECKS[name];
    if (check === undefined) continue;
    t.strictSame(numbersIn(range), numbersIn(expectedBy(check.wrong)), name);
    if (check.byDefault !== undefined) {
      t.equal(its.replaceAll(/(?<=\d),(?=\d)/g, ''), String(check.byDefault()), `${name}: default`);
    }
  }
  t.end();
});

test('its lists have as many places', (t) => {
  const cookies = (count: number) => many(count).map((name) => `cookie:${name}`);
  t.doesNotThrow(() => listener({ sticky: { by: cookies(16) } }));
  t.throws(() => listener({ sticky: { by: cookies(17) } }));
  const networks = (count: number) => many(count).map(() => '10.0.0.0/8');
  t.doesNotThrow(() => listener({ proxyProtocol: networks(1_024) }));
  t.throws(() => listener({ proxyProtocol: networks(1_025) }));
  t.end();
});

test('its other limits', (t) => {
  const limits = Object.fromEntries(
    rowsOf('Limits and ranges').map(([what = '', value = '']) => [what, numbersIn(value)]),
  );
  t.strictSame(limits['open listeners of a Dispatcher'], [
    String(MOST_LISTENERS),
    String(Math.ceil(LARGEST_STATE / 1024)),
  ]);
  t.strictSame(limits['slots of a Dispatcher'], [String(MOST_SLOTS)]);
  t.strictSame(limits['workers of a Supervisor'], [String(MOST_WORKERS)]);
  t.strictSame(limits['name of a listener'], [String(LONGEST_NAME)]);
  const expected = (check: () => unknown): string | undefined =>
    numbersIn(expectedBy(check)).at(-1);
  t.equal(
    limits['name of a rondo (`--name`)']?.[0],
    expected(() => checkControlName('')),
  );
  t.equal(
    limits['name of an event of `rondo/hub`']?.[0],
    expected(() => checkEvent('')),
  );
  t.equal(
    limits['names in `rondo/shared`']?.[1],
    expected(() => checkName('')),
  );
  const entries = limits['entries of a limiter or map in `rondo/shared`']?.[0];
  const limiter = { name: 'a', limit: 1, windowMs: 1, entries: NO };
  t.equal(
    entries,
    expected(() => checkLimiter(limiter)),
  );
  t.equal(
    entries,
    expected(() => checkMap({ name: 'a', entries: NO })),
  );
  const sizes = limits['key and value of a map in `rondo/shared`'];
  t.equal(
    sizes?.[0],
    expected(() => checkMap({ name: 'a', keyBytes: NO })),
  );
  t.equal(
    sizes?.[1],
    expected(() => checkMap({ name: 'a', valueBytes: NO })),
  );
  const [, clients] = /MOST_CONNECTIONS = (\d+)/.exec(source('control/server.ts')) ?? [];
  const [, followers] = /MOST_READERS = (\d+)/.exec(source('control/follow.ts')) ?? [];
  t.strictSame(limits['clients of a control socket'], [clients, followers]);
  const [, kilobytes] = /MOST_BYTES = (\d+) \* 1024/.exec(source('control/answering.ts')) ?? [];
  t.equal(limits['body of a request to a control socket']?.[0], kilobytes);
  const [, mib] = /MAX_MESSAGE_BYTES = (\d+) \* 1024 \* 1024/.exec(source('hub/messages.ts')) ?? [];
  t.equal(limits['message of `rondo/hub`']?.[0], mib);
  t.end();
});
