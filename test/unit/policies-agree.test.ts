// The policies exist twice, in TypeScript for the ipc transport and in the engine: both must do what
// the vectors say, and the same for any list.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { POLICIES } from '../../src/dispatcher/policies.js';
import { loadNative, type Native } from '../../src/native.js';
import { POLICY_NAMES } from '../../src/options.js';
import type { PolicyName } from '../../src/types.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

type Candidates = Array<[slot: number, pending: number, active: number]>;
type Pick = (policy: PolicyName, candidates: Candidates, last: number) => number;

interface Vector {
  name: string;
  candidates: Candidates;
  last: number;
  slot: number;
}

const groups = JSON.parse(readFileSync(fixture('policy-vectors.json'), 'utf8')) as Array<{
  policy: PolicyName;
  vectors: Vector[];
}>;

const inTypeScript: Pick = (policy, candidates, last) =>
  POLICIES[policy](
    candidates.map(([slot, pending, active]) => ({ slot, pending, active })),
    last,
  );

const inTheEngine: Pick = (policy, candidates, last) =>
  (loadNative() as Native).pick(policy, candidates, last);

const implementations: Array<[name: string, options: { skip?: string }, pick: Pick]> = [
  ['TypeScript', {}, inTypeScript],
  ['the engine', nativeOnly, inTheEngine],
];

test('there are vectors for every policy', async (t) => {
  const names = groups.map(({ policy }) => policy);
  t.strictSame(names, [...POLICY_NAMES]);
  t.strictSame(names, Object.keys(POLICIES));
  for (const { vectors } of groups) t.ok(vectors.length > 10);
});

for (const [name, options, pick] of implementations) {
  test(`${name} does what the vectors say`, options, async (t) => {
    for (const { policy, vectors } of groups) {
      for (const vector of vectors) {
        const index = pick(policy, vector.candidates, vector.last);
        t.equal(vector.candidates[index]?.[0], vector.slot, `${policy}: ${vector.name}`);
      }
    }
  });

  test(`${name}: workers that are alike share evenly`, options, async (t) => {
    for (const policy of POLICY_NAMES) {
      const candidates: Candidates = [1, 2, 5].map((slot) => [slot, 0, 0]);
      const turns: number[] = [];
      let last = -1;
      for (let i = 0; i < 6; i++) {
        last = candidates[pick(policy, candidates, last)]?.[0] ?? -1;
        turns.push(last);
      }
      t.strictSame(turns, [1, 2, 5, 1, 2, 5], policy);
    }
  });
}

test('both pick the same from any list', nativeOnly, async (t) => {
  // Numerical Recipes' generator: the same lists on every run.
  let state = 42;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const differences: unknown[] = [];
  for (let i = 0; i < 5000; i++) {
    const candidates: Candidates = [];
    for (let slot = below(3); slot < 40; slot += 1 + below(10)) {
      candidates.push([slot, below(3), below(4)]);
    }
    const last = below(42) - 1;
    for (const policy of POLICY_NAMES) {
      const ours = inTypeScript(policy, candidates, last);
      const engines = inTheEngine(policy, candidates, last);
      if (ours !== engines) differences.push({ policy, candidates, last, ours, engines });
    }
  }
  t.strictSame(differences, []);
});

test('a policy that is none', nativeOnly, async (t) => {
  t.equal(inTheEngine('random' as PolicyName, [[0, 0, 0]], -1), -1);
});
