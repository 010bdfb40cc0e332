// When a failed worker is replaced: at once, then after waits that double up to a ceiling, then not at all.

import { test } from 'tap';
import { RestartPolicy } from '../../src/supervisor/restart-policy.js';

const LIMITS = {
  maxRestarts: 100,
  restartWindowMs: 60_000,
  minUptimeMs: 1_000,
  backoffMinMs: 100,
  backoffMaxMs: 1_000,
};

/** What it says when a worker that lived `livedMs` fails again as soon as it can. */
function run(policy: RestartPolicy, times: number, livedMs = 0): Array<number | null> {
  let now = 0;
  return Array.from({ length: times }, () => {
    const delayMs = policy.next(now, livedMs);
    now += (delayMs ?? 0) + livedMs;
    return delayMs;
  });
}

test('waits double up to the ceiling', (t) => {
  const policy = new RestartPolicy(LIMITS, () => 1);
  t.strictSame(run(policy, 7), [0, 100, 200, 400, 800, 1_000, 1_000]);
  t.end();
});

test('the jitter takes up to half away', (t) => {
  t.strictSame(run(new RestartPolicy(LIMITS, () => 0), 4), [0, 50, 100, 200]);
  t.strictSame(run(new RestartPolicy(LIMITS, () => 0.5), 4), [0, 75, 150, 300]);
  t.end();
});

test('one that lived long enough is replaced at once, every time', (t) => {
  t.strictSame(run(new RestartPolicy(LIMITS, () => 1), 4, 1_000), [0, 0, 0, 0]);
  t.end();
});

test('a long life ends the waiting', (t) => {
  const policy = new RestartPolicy(LIMITS, () => 1);
  run(policy, 4);
  t.equal(policy.next(10_000, 1_000), 0);
  t.equal(policy.next(10_001, 1), 100);
  t.end();
});

test('too many within the window stop it', (t) => {
  const policy = new RestartPolicy({ ...LIMITS, maxRestarts: 3 }, () => 1);
  t.strictSame(run(policy, 5), [0, 100, 200, null, null]);
  t.end();
});

test('what is longer ago than the window does not count', (t) => {
  const policy = new RestartPolicy({ ...LIMITS, maxRestarts: 2, restartWindowMs: 1_000 }, () => 1);
  t.equal(policy.next(0, 1_000), 0);
  t.equal(policy.next(900, 1_000), 0);
  t.equal(policy.next(950, 1_000), null);
  t.equal(policy.next(1_000, 1_000), 0, 'the first is out of it');
  t.equal(policy.next(1_899, 1_000), null);
  t.end();
});

test('none at all', (t) => {
  t.equal(new RestartPolicy({ ...LIMITS, maxRestarts: 0 }).next(0, 1e9), null);
  t.end();
});
