// The pure half of validation: what each option becomes, at its bounds and by default, and how a
// value beyond them is named. What the public functions throw is test/faults/ about.

import { test } from 'tap';
import {
  validateAttachOptions,
  validateDispatcherOptions,
  validateListenOptions,
} from '../../src/options.js';

const NAME = 'x'.repeat(64);

test('defaults', async (t) => {
  t.strictSame(validateDispatcherOptions({}), {
    policy: 'round-robin',
    window: 'auto',
    transport: 'auto',
    takeBackMs: 250,
  });
  t.strictSame(validateListenOptions({ port: 0 }), {
    kind: 'tcp',
    name: 'default',
    backlog: 4096,
    port: 0,
    host: null,
    ipv6Only: false,
  });
  t.strictSame(validateListenOptions({ path: '/p' }), {
    kind: 'path',
    name: 'default',
    backlog: 4096,
    path: '/p',
    mode: null,
  });
  t.strictSame(validateListenOptions({ fd: 0 }), {
    kind: 'fd',
    name: 'default',
    backlog: 4096,
    fd: 0,
  });
  t.strictSame(validateAttachOptions({}), { listener: null });
});

/** An option, the others it needs, values that are taken as they are, and values that are not. */
type Row = [option: string, needs: object, good: unknown[], bad: unknown[]];

const NOT_NUMBERS = [null, '1', '', true, [], {}, Number.NaN, Number.POSITIVE_INFINITY, 1.5, 1n];
const NOT_STRINGS = [null, 0, true, [], {}, Symbol('s')];

const DISPATCHER: Row[] = [
  ['policy', {}, ['round-robin', 'least-connections'], ['', 'Round-Robin', ...NOT_STRINGS]],
  ['window', {}, ['auto', 1, 2, 1023, 1024], [0, -1, 1025, ...NOT_NUMBERS]],
  ['transport', {}, ['auto', 'native', 'ipc'], ['', 'IPC', ...NOT_STRINGS]],
  ['takeBackMs', {}, [0, 50, 250, 3_600_000], [1, 49, -1, 3_600_001, ...NOT_NUMBERS]],
];

const PATH = { path: '/p' };

const LISTEN: Row[] = [
  ['port', {}, [0, 1, 65_535], [-1, 65_536, ...NOT_NUMBERS]],
  ['host', { port: 0 }, ['127.0.0.1', '::', 'localhost', 'a.b'], NOT_STRINGS],
  ['ipv6Only', { port: 0 }, [true, false], [null, 0, 1, 'true', '']],
  ['backlog', { port: 0 }, [1, 4096, 2 ** 31 - 1], [0, -1, 2 ** 31, ...NOT_NUMBERS]],
  ['name', { port: 0 }, ['a', 'ö', NAME], ['', `${NAME}x`, ...NOT_STRINGS]],
  ['path', {}, ['/p', 'p', '\0abstract', '/with space'], ['', '/a\0', '\0a\0b', ...NOT_STRINGS]],
  ['mode', PATH, [0, 0o600, 0o777], [-1, 0o1000, ...NOT_NUMBERS]],
  ['fd', {}, [0, 3, 2 ** 31 - 1], [-1, 2 ** 31, ...NOT_NUMBERS]],
];

const ATTACH: Row[] = [['listener', {}, ['a', NAME], ['', `${NAME}x`, ...NOT_STRINGS]]];

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\0', '\\x00')}'`;
  if (typeof value === 'bigint') return `${value}n`;
  return Array.isArray(value) ? '[]' : typeof value === 'object' && value ? '{}' : String(value);
}

const TABLES: Array<[string, (options: never) => object, Row[]]> = [
  ['Dispatcher', validateDispatcherOptions, DISPATCHER],
  ['listen', validateListenOptions, LISTEN],
  ['attach', validateAttachOptions, ATTACH],
];

for (const [name, validate, rows] of TABLES) {
  test(name, async (t) => {
    for (const [option, needs, good, bad] of rows) {
      for (const value of good) {
        const valid = validate({ ...needs, [option]: value } as never) as Record<string, unknown>;
        t.equal(valid[option], value, `${option}: ${shown(value)}`);
      }
      for (const value of bad) {
        try {
          validate({ ...needs, [option]: value } as never);
          t.fail(`took ${option}: ${shown(value)}`);
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException;
          t.equal(code, 'ERR_RONDO_INVALID_OPTION', `${option}: not ${shown(value)}`);
          t.ok(message.startsWith(`The option '${option}' must be `), message);
          t.ok(message.endsWith(` Received ${shown(value)}`), message);
        }
      }
    }
  });
}

test('undefined is as good as left out', async (t) => {
  const allUndefined = (rows: Row[]): object =>
    Object.fromEntries(rows.map(([option]) => [option, undefined]));
  t.strictSame(
    validateDispatcherOptions({ ...allUndefined(DISPATCHER) }),
    validateDispatcherOptions({}),
  );
  for (const way of [{ port: 80 }, { path: '/p' }, { fd: 3 }]) {
    t.strictSame(
      validateListenOptions({ ...allUndefined(LISTEN), ...way }),
      validateListenOptions(way),
    );
  }
  t.strictSame(validateAttachOptions({ ...allUndefined(ATTACH) }), { listener: null });
});

test('one way to listen', async (t) => {
  const ways = { port: 0, path: '/p', fd: 3 };
  const wrong = [{}, ways, { ...ways, port: undefined }, { ...ways, path: undefined }];
  for (const options of [...wrong, { ...ways, fd: undefined }]) {
    t.throws(() => validateListenOptions(options as object), {
      code: 'ERR_RONDO_INVALID_OPTION',
      message: /^The option 'options' must be an object with one of 'port', 'path' and 'fd'/,
    });
  }
  const strays: Array<[object, string, string]> = [
    [{ fd: 3, host: '::' }, 'host', 'port'],
    [{ path: '/p', host: '::' }, 'host', 'port'],
    [{ fd: 3, ipv6Only: false }, 'ipv6Only', 'port'],
    [{ path: '/p', ipv6Only: true }, 'ipv6Only', 'port'],
    [{ port: 0, mode: 0o600 }, 'mode', 'path'],
    [{ fd: 3, mode: 0o600 }, 'mode', 'path'],
  ];
  for (const [options, stray, companion] of strays) {
    t.throws(() => validateListenOptions(options), {
      code: 'ERR_RONDO_INVALID_OPTION',
      message: new RegExp(`^The option '${stray}' must be left out unless '${companion}' is given`),
    });
  }
});

test('unknown options, and what is no object', async (t) => {
  for (const [name, validate, rows] of TABLES) {
    for (const option of ['prt', 'Window', 'toString', '__proto__x', '']) {
      t.throws(() => validate({ port: 0, [option]: 1 } as never), {
        code: 'ERR_RONDO_UNKNOWN_OPTION',
      });
    }
    try {
      validate({ unknown: 1 } as never);
      t.fail('took an unknown option');
    } catch (error) {
      const { message } = error as Error;
      t.ok(message.startsWith("There is no option 'unknown'. Known are: "), name);
      const known = message.split(': ')[1]?.split(', ');
      t.strictSame(known?.sort(), rows.map(([option]) => option).sort(), `${name}: all are named`);
    }
    for (const value of [null, undefined, 1, 'options', [], () => {}]) {
      t.throws(() => validate(value as never), {
        code: 'ERR_RONDO_INVALID_OPTION',
        message: /^The option 'options' must be an object\. Received /,
      });
    }
  }
});

test('an empty host is none, as for net.Server', async (t) => {
  t.match(validateListenOptions({ port: 0, host: '' }), { host: null });
});
