// The policies exist twice, in TypeScript for the ipc transport and in the engine: both must do what
// the vectors say, and the same for any list.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { POLICIES, POLICY_NAMES } from '../../src/dispatcher/policies/index.js';
import type { PolicySettings } from '../../src/dispatcher/policies/policy.js';
import type { EngineListenerOptions, PickVector } from '../../src/native/engine.js';
import { loadNative, type Native } from '../../src/native/index.js';
import type { PolicyName } from '../../src/types/policy.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';
import { random } from '../fixtures/random.mjs';

/** `mayWait` is for source-ip: whether the connection may wait for a slot that is not eligible. */
type Vector = Omit<PickVector, 'mayWait'> & { mayWait?: boolean };
type Settings = Partial<PolicySettings>;
type Pick = (policy: PolicyName, settings: Settings, vector: Vector) => number;

const groups = JSON.parse(readFileSync(fixture('policy-vectors.json'), 'utf8')) as Array<{
  policy: PolicyName;
  /** `slot` is the number of the one that is to be picked. */
  vectors: Array<Vector & { name: string; options?: Settings; slot: number }>;
}>;

const NONE = { seed: 0, boundPermille: 0, waitMs: 0, ipv6Prefix: 64 };

const inTypeScript: Pick = (policy, settings, { slots, eligible, ...rest }) => {
  const pick = POLICIES.find(({ name }) => name === policy)?.create({ ...NONE, ...settings });
  return (
    pick?.({
      mayWait: false,
      ...rest,
      serving: slots,
      eligible: slots.filter(({ slot }) => eligible.includes(slot)),
    }).slot ?? -1
  );
};

const inTheEngine: Pick = (policy, settings, vector) => {
  const options: EngineListenerOptions = {
    policy,
    ...NONE,
    ...settings,
    maxConnections: 0,
    resets: false,
    maxQueueMs: 0,
    maxIdle: 0,
    proxyFrom: null,
    lookTimeoutMs: 0,
  };
  const index = (loadNative() as Native).pick(options, { mayWait: false, ...vector });
  return vector.slots[index]?.slot ?? -1;
};

const implementations: Array<[name: string, options: { skip?: string }, pick: Pick]> = [
  ['TypeScript', {}, inTypeScript],
  ['the engine', nativeOnly, inTheEngine],
];

test('there are vectors for every policy', async (t) => {
  t.strictSame(
    groups.map(({ policy }) => policy),
    POLICY_NAMES,
  );
  for (const { policy, vectors } of groups) t.ok(vectors.length > 10, policy);
});

for (const [name, options, pick] of implementations) {
  test(`${name} does what the vectors say`, options, async (t) => {
    for (const { policy, vectors } of groups) {
      for (const vector of vectors) {
        const slot = pick(policy, vector.options ?? {}, vector);
        t.equal(slot, vector.slot, `${policy}: ${vector.name}`);
      }
    }
  });

  test(`${name}: what is dealt in proportion, and in turn`, options, async (t) => {
    const turns = (policy: PolicyName, weights: number[], count: number): number[] => {
      const slots = weights.map((weight, slot) => ({
        slot,
        count: 0,
        open: 0,
        weight,
        loopDelayUs: 0,
      }));
      const dealt: number[] = [];
      for (let picks = 0; picks < count; picks++) {
        const eligible = slots.map(({ slot }) => slot);
        const last = dealt.at(-1) ?? -1;
        const slot = pick(policy, {}, { slots, eligible, last, picks, address: '' });
        const picked = slots[slot] as (typeof slots)[0];
        picked.count++;
        picked.open++;
        dealt.push(slot);
      }
      return dealt;
    };
    for (const policy of [
      'round-robin',
      'least-connections',
      'least-loaded',
      'source-ip',
    ] as const) {
      t.strictSame(turns(policy, [1, 1, 1], 6), [0, 1, 2, 0, 1, 2], policy);
    }
    t.strictSame(turns('weighted', [1, 1, 1], 6), [0, 1, 2, 0, 1, 2], 'equal weights');
    t.strictSame(turns('weighted', [2, 1], 6), [0, 1, 0, 0, 1, 0], '2 to 1');
    const many = turns('weighted', [5, 3, 2], 100);
    const share = (slot: number): number => many.filter((one) => one === slot).length;
    t.strictSame([share(0), share(1), share(2)], [50, 30, 20], '5 to 3 to 2');
    const even = turns('two-choices', [1, 1, 1, 1, 1], 100);
    for (let slot = 0; slot < 5; slot++) {
      const dealt = even.filter((one) => one === slot).length;
      t.ok(Math.abs(dealt - 20) <= 1, `two-choices deals ${dealt} to slot ${slot}`);
    }
  });

  test(`${name}: a client stays with its worker`, options, async (t) => {
    const idle = (ids: number[]) =>
      ids.map((slot) => ({ slot, count: 0, open: 0, weight: 1, loopDelayUs: 0 }));
    const home = (address: string, ids: number[]): number =>
      pick('source-ip', {}, { slots: idle(ids), eligible: ids, last: -1, picks: 0, address });
    const clients = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    const before = clients.map((client) => home(client, [0, 1, 2, 3]));
    for (let slot = 0; slot < 4; slot++) {
      const share = before.filter((one) => one === slot).length;
      t.ok(share > 200 && share < 300, `slot ${slot} has ${share} of 1000`);
    }
    const without = clients.map((client) => home(client, [0, 1, 3]));
    t.ok(
      clients.every((_, i) => before[i] === 2 || without[i] === before[i]),
      'a slot that goes moves its own clients only',
    );
    const more = clients.map((client) => home(client, [0, 1, 2, 3, 4]));
    t.ok(
      clients.every((_, i) => more[i] === 4 || more[i] === before[i]),
      'a slot that comes takes its own only',
    );
    t.equal(home('2001:db8:1:2::1', [0, 1, 2]), home('2001:db8:1:2:ffff::9', [0, 1, 2]));
  });
}

test('both pick the same from any list', nativeOnly, async (t) => {
  const below = random(42);
  const addresses = ['', '192.0.2.1', '::1', '2001:db8:0:7::9', '::ffff:198.51.100.3'];
  const differences: unknown[] = [];
  for (let i = 0; i < 2000; i++) {
    const slots: Vector['slots'] = [];
    for (let slot = below(3); slot < 40; slot += 1 + below(10)) {
      const [count, open] = [below(3), below(4)];
      slots.push({ slot, count, open, weight: 1 + below(4), loopDelayUs: below(60_000) });
    }
    const eligible = slots.map(({ slot }) => slot).filter(() => below(5) < 3);
    if (eligible.length === 0) eligible.push(slots[0]?.slot as number);
    const address = i % 2 === 0 ? (addresses[below(5)] as string) : `203.0.113.${below(256)}`;
    const vector = { slots, eligible, last: below(42) - 1, picks: below(1000), address };
    const settings = { seed: below(2 ** 32), boundPermille: [0, 1010, 1250, 2000][below(4)] ?? 0 };
    for (const policy of POLICY_NAMES) {
      for (const mayWait of policy === 'source-ip' ? [true, false] : [false]) {
        const ours = inTypeScript(policy, settings, { ...vector, mayWait });
        const engines = inTheEngine(policy, settings, { ...vector, mayWait });
        if (ours !== engines)
          differences.push({ policy, settings, vector, mayWait, ours, engines });
      }
    }
  }
  t.strictSame(differences, []);
});

test('a policy that is none', nativeOnly, async (t) => {
  const slots = [{ slot: 0, count: 0, open: 0, weight: 1, loopDelayUs: 0 }];
  const vector = { slots, eligible: [0], last: -1, picks: 0, address: '' };
  t.equal(inTheEngine('fair' as PolicyName, {}, vector), -1);
});
