// Each command of clusterhub's documentation, in the primary: what it returns, gives to its callback, and tells.

import hub from 'rondo/compat/clusterhub';
import { type Test, test } from 'tap';

type Step = [command: string, args: unknown[], result: unknown, ...told: string[]];

/** By what they are about; each begins with an empty store. `told`: of the events, those that are of interest. */
const STEPS: Record<string, Step[]> = {
  values: [
    ['get', ['a'], null],
    ['set', ['a', 'x'], true, 'set a: x', 'set: a,x'],
    ['get', ['a'], 'x', 'get a: x', 'get: a,x'],
    ['getset', ['a', 'y'], 'x', 'set a: y', 'getset a: y,x'],
    ['setnx', ['a', 'z'], false],
    ['setnx', ['b', 'z'], true, 'set b: z', 'setnx b: z', 'setnx: b,z'],
    ['mget', ['a', 'b', 'c'], ['y', 'z', null], 'mget: a,b,c,y,z,'],
    ['mset', ['a', 1, 'c', true], true, 'set a: 1', 'set c: true', 'mset: a,1,c,true'],
    ['msetnx', ['d', 1, 'a', 2], false],
    ['exists', ['d'], false, 'exists d: false'],
    ['msetnx', ['d', 1, 'e', null], true, 'setnx d: 1', 'msetnx: d,1,e,'],
    ['exists', ['e'], true],
    ['getDel', ['d'], 1, 'del d: ', 'getdel d: 1'],
    ['exists', ['d'], false],
    ['del', ['a', 'b', 'd'], 2, 'del a: ', 'del: b'],
    ['dump', [], { c: true, e: null }],
    ['dump', [true], '{"c":true,"e":null}'],
  ],
  types: [
    ['type', ['a'], 'none'],
    ['mset', ['a', 'x', 'b', 1, 'c', false, 'd', [], 'e', {}], true],
    ['type', ['a'], 'string'],
    ['type', ['b'], 'number'],
    ['type', ['c'], 'boolean'],
    ['type', ['d'], 'list'],
    ['type', ['e'], 'hash'],
  ],
  keys: [
    ['randomkey', [], null],
    ['mset', ['one', 1, 'two', 2, 'three', 3], true],
    ['keys', [], 3],
    ['keys', ['^t'], ['two', 'three']],
    ['keys', [/e$/g], ['one', 'three'], 'keys: /e$/g,one,three'],
    ['rename', ['none', 'x'], false],
    ['rename', ['one', 'two'], true, 'rename one: two', 'rename: one,two'],
    ['get', ['two'], 1],
    ['renamenx', ['two', 'three'], false],
    ['renamenx', ['two', 'four'], true, 'renamenx two: four'],
    ['keys', [/./], ['three', 'four']],
    ['swap', ['three', 'none'], false],
    ['swap', ['three', 'four'], [1, 3], 'swap three: four,false', 'swap four: three,false'],
    ['swap', ['three', 'four', true], ['three', 'four']],
    ['mget', ['three', 'four'], [3, 1]],
    ['set', ['text', 'hello'], true],
    ['findin', ['text', 'l'], 2, 'findin text: l,2'],
    ['findin', ['text', 'x'], -1],
    ['findin', ['none', 'x'], false],
    ['findin', ['three', 'x'], -1],
    ['del', ['text', 'three'], 2],
    ['randomkey', [], 'four'],
    ['move', ['none', 'other'], false],
    ['move', ['four', 'other'], true, 'move four: other'],
    ['keys', [], 0],
  ],
  strings: [
    ['append', ['a', 'hello'], 5, 'append a: hello,5'],
    ['append', ['a', ' you'], 9],
    ['getrange', ['a', 0, 5], 'hello', 'getrange a: 0,5,hello'],
    ['getrange', ['a', -3], 'you'],
    ['setrange', ['a', 6, 'all'], 9, 'setrange a: 6,all,9'],
    ['get', ['a'], 'hello all'],
    ['strlen', ['a'], 9, 'strlen a: 9'],
    ['strlen', ['none'], 0],
    ['set', ['n', 1], true],
    ['append', ['n', 'x'], 0],
    ['getrange', ['n', 0, 1], false],
    ['setrange', ['n', 0, 'x'], false],
  ],
  numbers: [
    ['incr', ['n'], 1, 'incrby n: 1,1', 'incr n: 1', 'incr: n,1'],
    ['incrby', ['n', 5], 6, 'incrby n: 5,6'],
    ['incrby', ['n', '2'], 8],
    ['decr', ['n'], 7, 'decrby n: 1,7', 'decr n: 7'],
    ['decrby', ['n', 3], 4, 'decrby n: 3,4'],
    ['decrby', ['n', 0], 4],
    ['set', ['s', 'x'], true],
    ['incr', ['s'], false],
    ['decrby', ['s', 2], false],
    ['get', ['s'], 'x'],
  ],
  hashes: [
    ['hset', ['h', 'a', 1], false, 'hset h: a,1,false', 'hset: h,a,1,false'],
    ['hset', ['h', 'a', 2], true, 'hset h: a,2,true'],
    ['hsetnx', ['h', 'a', 3], false],
    ['hsetnx', ['h', 'b', 3], true, 'hsetnx h: b,3'],
    ['hget', ['h', 'a'], 2, 'hget h: a,2'],
    ['hget', ['h', 'x'], null],
    ['hgetall', ['h'], { a: 2, b: 3 }],
    ['hgetall', ['none'], {}],
    ['hexists', ['h', 'a'], true, 'hexists h: a,true'],
    ['hexists', ['h', 'toString'], false],
    ['hincr', ['h', 'a'], 3, 'hincrby h: a,1,3', 'hincr h: a,3'],
    ['hincrby', ['h', 'c', 5], 5],
    ['hdecr', ['h', 'c'], 4, 'hdecr h: c,4'],
    ['hdecrby', ['h', 'c', 4], 0],
    ['hmset', ['h', 'd', 'x', '__proto__', 'y'], true, 'hset h: d,x', 'hmset h: d,x,__proto__,y'],
    ['hincr', ['h', 'd'], false],
    ['hmget', ['h', 'a', '__proto__', 'z'], [3, 'y', null], 'hmget h: 3,y,'],
    ['hkeys', ['h'], ['a', 'b', 'c', 'd', '__proto__']],
    ['hvals', ['h'], [3, 3, 0, 'x', 'y']],
    ['hlen', ['h'], 5, 'hlen h: 5'],
    ['hdel', ['h', 'a', 'b', 'x'], 2, 'hdel h: a', 'hdel: h,b'],
    ['set', ['n', 1], true],
    ['hset', ['n', 'a', 1], false],
    ['hmset', ['n', 'a', 1], false],
    ['hlen', ['n'], 0],
  ],
  lists: [
    ['rpush', ['l', 'b', 'c'], 2, 'rpush l: b,1', 'rpush l: c,2'],
    ['lpush', ['l', 'a'], 3, 'lpush l: a,3'],
    ['rpushx', ['l', 'd'], 4],
    ['lpushx', ['none', 'd'], 0],
    ['llen', ['l'], 4, 'llen l: 4'],
    ['llen', ['none'], false],
    ['lindex', ['l', -1], 'd', 'lindex l: -1,d'],
    ['lindex', ['l', 9], null],
    ['lindex', ['none', 0], false],
    ['lrange', ['l', 1, 3], ['b', 'c']],
    ['lset', ['l', 0, 'x'], true, 'lset l: 0,x'],
    ['lset', ['l', 9, 'x'], false],
    ['lpop', ['l'], 'x', 'lpop l: x'],
    ['rpop', ['l'], 'd', 'rpop l: d'],
    ['rpoplpush', ['l', 'm'], 'c', 'rpop l: c', 'lpush m: c,1'],
    ['lpush', ['m', 'x', 'x', 'y', 'x'], 5],
    ['lrem', ['m', 1, 'x'], 1, 'lrem m: 1,x,1'],
    ['lrange', ['m', 0], ['y', 'x', 'x', 'c']],
    ['lrem', ['m', -1, 'x'], 1],
    ['lrem', ['m', 0, 'x'], 1],
    ['ltrim', ['m', 0, 1], true],
    ['get', ['m'], ['y']],
    ['lpop', ['none'], null],
  ],
};

for (const [name, steps] of Object.entries(STEPS)) {
  test(name, async (t) => {
    const own = hub.createHub(name);
    const all = own as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const [command, args, result, ...told] of steps) {
      const what = `${command}(${args.map((arg) => JSON.stringify(arg) ?? arg).join(', ')})`;
      const heard: string[] = [];
      const events = new Set(told.map((line) => line.slice(0, line.indexOf(':'))));
      for (const event of events) own.on(event, (...words) => heard.push(`${event}: ${words}`));
      const back = new Promise((resolve) => args.push(resolve));
      t.strictSame(all[command]?.(...args), result, what);
      t.strictSame(await back, result, `${what} calls back`);
      for (const line of told) t.ok(heard.includes(line), `${line} of ${heard.join(' | ')}`);
      own.removeAllListeners();
    }
    t.ok(steps.length > 5);
    own.destroy();
  });
}

test('what is moved is with the other hub', async (t) => {
  const [one, other] = [hub.createHub('one'), hub.createHub('two')];
  one.set('a', 1);
  t.equal(one.move('a', other), true, 'the hub itself, or its name');
  t.equal(one.get('a'), null);
  t.equal(other.get('a'), 1);
  one.destroy();
  other.destroy();
});

test('keys expire', async (t) => {
  const own = hub.createHub('expire');
  const deleted = (key: string): Promise<unknown> =>
    new Promise((resolve) => own.once(`del ${key}`, resolve));
  // Nothing of a hub keeps the process running.
  const keepRunning = setInterval(() => {}, 1_000);
  t.teardown(() => clearInterval(keepRunning));

  t.equal(own.expire('a', 1), false, 'there is none');
  own.set('a', 1);
  t.equal(own.ttl('a'), -1);
  t.equal(own.expire('a', 100), true);
  t.equal(own.ttl('a'), 100);
  t.equal(own.persist('a'), true);
  t.equal(own.persist('a'), false);
  t.equal(own.ttl('a'), -1);

  own.set('b', 1, 50);
  t.equal(own.ttl('b'), 50);
  own.set('b', 2);
  t.equal(own.ttl('b'), -1, 'one that is set anew is there for ever');
  own.setex('c', 60 * 24 * 3600, 1);
  t.equal(own.ttl('c'), 60 * 24 * 3600, 'longer than a timer can');
  t.equal(own.exists('c'), true);
  own.expireat('c', Date.now() / 1000 + 20);
  t.ok([19, 20, 21].includes(own.ttl('c') ?? 0));
  own.hset('h', 'a', 1, 30);
  t.equal(own.ttl('h'), 30);

  own.expire('a', 0.02);
  await deleted('a');
  t.equal(own.get('a'), null);
  t.match(own.gettime('b'), /^\d{13}$/);
  t.equal(own.gettime('a'), null);

  const isGone = deleted('b');
  t.equal(own.die('b'), true);
  await isGone;
  t.equal(own.exists('b'), false);
  own.die();
  t.equal(own.ttl('c'), -1, 'nothing expires any more');
  own.destroy();
});

test('wrong arguments have an error that names them', async (t) => {
  const own = hub.createHub('wrong');
  const all = own as unknown as Record<string, (...args: unknown[]) => unknown>;
  const fails = (name: string, args: unknown[], option: string): void => {
    const error = { code: 'ERR_RONDO_INVALID_OPTION', option };
    t.throws(() => all[name]?.(...args), error, `${name}(${String(args)})`);
  };
  fails('get', [{}], 'key');
  fails('set', [undefined, 1], 'key');
  fails('set', ['a', 1, 'soon'], 'ttl');
  fails('setex', ['a', 0, 1], 'seconds');
  fails('incrby', ['a', Number.NaN], 'value');
  fails('hincrby', ['a', 'b', {}], 'value');
  fails('mset', ['a', 1, 'b'], 'values');
  fails('hset', ['a', [], 1], 'key');
  fails('move', ['a', {}], 'db');
  for (const name of ['object', 'sort', 'getbit', 'setbit', 'linsert']) {
    t.throws(() => all[name]?.('a'), { message: /not implemented/ }, name);
  }
  own.destroy();
});

test('a reset forgets the values, and a destroyed hub does nothing', async (t: Test) => {
  const own = hub.createHub('reset');
  t.equal(hub.createHub('reset'), own, 'one of a name');
  own.on('a', () => t.fail('its listeners are gone'));
  own.set('a', 1);
  own.reset();
  own.emit('a');
  t.equal(own.get('a'), null);
  own.destroy();
  own.destroy();
  t.equal(own.set('a', 1), undefined);
  t.not(hub.createHub('reset'), own);
  t.equal(hub.createHub('reset').get('a'), null);
  hub.createHub('reset').destroy();
});
