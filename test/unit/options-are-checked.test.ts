// The pure half of validation: what each option becomes, at its bounds and by default, and how a
// value beyond them is named. What the public functions throw is test/faults/ about.

import { test } from 'tap';
import {
  validateChanges,
  validateDispatcherOptions,
  validateListenerChanges,
  validateListenOptions,
  validateSlotOptions,
} from '../../src/dispatcher/options.js';
import { POLICIES, POLICY_NAMES, validatePolicy } from '../../src/dispatcher/policies/index.js';
import { validateAttachOptions } from '../../src/options.js';
import { validateSupervisorOptions } from '../../src/supervisor/options.js';
import type { SupervisorOptions } from '../../src/supervisor/types.js';
import type { ListenOptions } from '../../src/types/options.js';
import type { Policy } from '../../src/types/policy.js';

const NAME = 'x'.repeat(64);

test('defaults', async (t) => {
  t.strictSame(validateDispatcherOptions({}), {
    policy: 'round-robin',
    window: 'auto',
    transport: 'auto',
    takeBackMs: 250,
    maxConnections: null,
    pickTimeoutMs: 50,
    rebalance: 'auto',
    proxyProtocol: null,
    sticky: null,
  });
  t.strictSame(validateListenOptions({ port: 0 }), {
    name: 'default',
    place: { kind: 'tcp', backlog: 4096, port: 0, host: null, ipv6Only: false },
    changeable: {
      policy: null,
      maxConnections: null,
      overload: 'queue',
      maxQueueMs: null,
      maxIdle: 4096,
      proxyProtocol: undefined,
      lookTimeoutMs: 5_000,
      sticky: undefined,
      route: null,
      routeTable: null,
      isVirtual: false,
    },
  });
  t.strictSame(validateListenOptions({ path: '/p' }).place, {
    kind: 'path',
    backlog: 4096,
    path: '/p',
    mode: null,
    readableAll: false,
    writableAll: false,
  });
  t.strictSame(validateListenOptions({ fd: 0 }).place, { kind: 'fd', backlog: 4096, fd: 0 });
  t.strictSame(validateSlotOptions({}), { weight: 1, maxConnections: null });
  t.strictSame(validateAttachOptions({}), { listener: null });
});

/** An option, the others it needs, values that are taken as they are, and values that are not. */
type Row = [option: string, needs: object, good: unknown[], bad: unknown[]];

const NOT_NUMBERS = [null, '1', '', true, [], {}, Number.NaN, Number.POSITIVE_INFINITY, 1.5, 1n];
const NOT_STRINGS = [null, 0, true, [], {}, Symbol('s')];

const LIMITS = [null, 1, 2, 2 ** 31 - 1];
const NOT_LIMITS = [0, -1, 2 ** 31, ...NOT_NUMBERS.slice(1)];

const DISPATCHER: Row[] = [
  ['policy', {}, [...POLICY_NAMES, () => []], ['', 'Round-Robin', ...NOT_STRINGS]],
  ['window', {}, ['auto', 1, 2, 1023, 1024], [0, -1, 1025, ...NOT_NUMBERS]],
  ['transport', {}, ['auto', 'native', 'ipc'], ['', 'IPC', ...NOT_STRINGS]],
  ['takeBackMs', {}, [0, 50, 250, 3_600_000], [1, 49, -1, 3_600_001, ...NOT_NUMBERS]],
  ['maxConnections', {}, LIMITS, NOT_LIMITS],
  ['pickTimeoutMs', {}, [1, 50, 60_000], [0, -1, 60_001, ...NOT_NUMBERS]],
  ['rebalance', {}, ['off', 'auto', 'always'], ['', 'on', 'Always', ...NOT_STRINGS]],
  // What it may be is test/proxy/ about.
  ['proxyProtocol', {}, [null], ['', '10.0.0.0/33', 0, true, [], Symbol('s')]],
  // What it may be is test/sticky/ about.
  ['sticky', {}, [null, 'query:sid', 'address'], ['', 'sid', 0, true, [], Symbol('s')]],
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
  ['readableAll', PATH, [true, false], [null, 0, 1, 'yes', []]],
  ['writableAll', PATH, [true, false], [null, 0, 1, 'yes', []]],
  ['signal', { port: 0 }, [], [null, 0, true, {}]],
  ['fd', {}, [0, 3, 2 ** 31 - 1], [-1, 2 ** 31, ...NOT_NUMBERS]],
  // Becomes an object; see below.
  ['policy', { port: 0 }, [], ['', 'Round-Robin', ...NOT_STRINGS]],
  ['maxConnections', { port: 0 }, LIMITS, NOT_LIMITS],
  ['overload', { port: 0 }, ['queue', 'reset'], ['', 'Reset', ...NOT_STRINGS]],
  ['maxQueueMs', { port: 0 }, LIMITS, NOT_LIMITS],
  ['maxIdle', { port: 0 }, [0, 1, 1_000_000], [null, -1, 1_000_001, ...NOT_NUMBERS]],
  ['proxyProtocol', { port: 0 }, [null], ['', '10.0.0.0/33', 0, true, [], Symbol('s')]],
  ['lookTimeoutMs', { port: 0 }, [1, 5_000, 60_000], [null, 0, 60_001, ...NOT_NUMBERS]],
  ['sticky', { port: 0 }, [null], ['', 'sid', 0, true, [], Symbol('s')]],
  // Becomes an object; see test/route/.
  ['route', { port: 0 }, [], [null, '', {}, [], 0, true, Symbol('s')]],
  ['virtual', { port: 0 }, [], [null, 0, 1, 'true', '']],
];

const SLOT: Row[] = [
  ['weight', {}, [1, 2, 65_535], [0, -1, 65_536, ...NOT_NUMBERS]],
  ['maxConnections', {}, LIMITS, NOT_LIMITS],
];

const ATTACH: Row[] = [['listener', {}, ['a', NAME], ['', `${NAME}x`, ...NOT_STRINGS]]];

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\0', '\\x00')}'`;
  if (typeof value === 'bigint') return `${value}n`;
  return Array.isArray(value) ? '[]' : typeof value === 'object' && value ? '{}' : String(value);
}

function flat({ name, place, changeable }: ReturnType<typeof validateListenOptions>): object {
  return { name, ...place, ...changeable };
}

const TABLES: Array<[string, (options: never) => object, Row[]]> = [
  ['Dispatcher', validateDispatcherOptions, DISPATCHER],
  ['listen', (options) => flat(validateListenOptions(options)), LISTEN],
  ['openSlot', validateSlotOptions, SLOT],
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
    [{ port: 0, readableAll: true }, 'readableAll', 'path'],
    [{ fd: 3, writableAll: true }, 'writableAll', 'path'],
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

test('a policy in each of its forms', async (t) => {
  const none = { seed: 0, boundPermille: 0, waitMs: 0, ipv6Prefix: 0 };
  for (const name of POLICY_NAMES) {
    t.match(validatePolicy(name), { name, decide: null });
    t.match(validatePolicy({ name }), { name, decide: null });
  }
  t.strictSame(validatePolicy('weighted').settings, none);
  const sourceIp = { ...none, waitMs: 100, ipv6Prefix: 64 };
  t.strictSame(validatePolicy('source-ip').settings, sourceIp);
  t.strictSame(
    validatePolicy({ name: 'source-ip', bound: 1.25, waitMs: 0, ipv6Prefix: 128 }).settings,
    { ...none, boundPermille: 1250, ipv6Prefix: 128 },
  );
  t.strictSame(validatePolicy({ name: 'random', seed: 7 }).settings, { ...none, seed: 7 });
  const decide = (): [] => [];
  t.match(validatePolicy(decide), { name: 'function', decide });
});

test("a policy's options", async (t) => {
  const rows: Array<[object, string]> = [
    [{ name: 'source-ip', bound: 1 }, 'policy.bound'],
    [{ name: 'source-ip', bound: 101 }, 'policy.bound'],
    [{ name: 'source-ip', bound: '2' }, 'policy.bound'],
    [{ name: 'source-ip', bound: Number.NaN }, 'policy.bound'],
    [{ name: 'source-ip', waitMs: -1 }, 'policy.waitMs'],
    [{ name: 'source-ip', waitMs: 60_001 }, 'policy.waitMs'],
    [{ name: 'source-ip', ipv6Prefix: 0 }, 'policy.ipv6Prefix'],
    [{ name: 'source-ip', ipv6Prefix: 129 }, 'policy.ipv6Prefix'],
    [{ name: 'random', seed: -1 }, 'policy.seed'],
    [{ name: 'random', seed: 2 ** 32 }, 'policy.seed'],
    [{ name: 'fair' }, 'policy'],
  ];
  for (const [policy, option] of rows) {
    t.throws(() => validatePolicy(policy as Policy), {
      code: 'ERR_RONDO_INVALID_OPTION',
      message: new RegExp(`^The option '${option}' must be .* Received `),
    });
  }
  for (const { name, keys } of POLICIES) {
    t.throws(() => validatePolicy({ name, unknown: 1 } as Policy), {
      code: 'ERR_RONDO_UNKNOWN_OPTION',
      message: `There is no option 'unknown' of the policy '${name}'. Known are: ${['name', ...Object.keys(keys)].join(', ')}`,
    });
  }
});

test('changes leave the rest as it is', async (t) => {
  const options: ListenOptions = { port: 0, policy: 'random', maxConnections: 5, maxQueueMs: 9 };
  const { changeable } = validateListenOptions(options);
  t.strictSame(validateListenerChanges({}, changeable), changeable);
  t.strictSame(validateListenerChanges({ maxQueueMs: null, overload: 'reset' }, changeable), {
    ...changeable,
    maxQueueMs: null,
    overload: 'reset',
  });
  t.match(validateListenerChanges({ policy: 'weighted' }, changeable), {
    policy: { name: 'weighted' },
    maxConnections: 5,
  });
  const weighted = validateListenerChanges({ policy: 'weighted' }, changeable);
  t.equal(
    validateListenerChanges({ policy: { name: 'weighted' } }, weighted).policy,
    weighted.policy,
    'the same policy goes on with its turn',
  );
  t.throws(() => validateListenerChanges({ port: 0 } as object, changeable), {
    code: 'ERR_RONDO_UNKNOWN_OPTION',
  });

  const all = validateDispatcherOptions({ maxConnections: 5, policy: { name: 'random', seed: 1 } });
  t.strictSame(validateChanges({ window: 3 }, all), { ...all, window: 3 });
  t.strictSame(validateChanges({ maxConnections: null }, all), { ...all, maxConnections: null });
  t.strictSame(validateSlotOptions({ weight: 3 }, { weight: 2, maxConnections: 9 }), {
    weight: 3,
    maxConnections: 9,
  });
});

test('variables of the environment', async (t) => {
  const of = (env: unknown) => () =>
    validateSupervisorOptions({ exec: 'app.js', env } as SupervisorOptions);
  t.throws(of({ DB_PASSWORD: 's3cret', PORT: 8000 }), {
    code: 'ERR_RONDO_INVALID_OPTION',
    message: "The option 'env.PORT' must be a string. Received 8000",
  });
  for (const env of [null, 'A=b', ['A=b']]) {
    t.throws(of(env), { message: /^The option 'env' must be an object of strings\. / });
  }
  t.strictSame(of({ A: 'b' })().env, { A: 'b' });
});
