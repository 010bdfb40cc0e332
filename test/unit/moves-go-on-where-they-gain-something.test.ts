// Whether connections move with `rebalance: 'auto'`: decided by the primary for all workers at once, and not where
// requests are quick or nobody has room.

import { test } from 'tap';
import { areSlow, areUneven, type Member, Rebalancer } from '../../src/dispatcher/rebalance.js';
import { until } from '../fixtures/faults.js';

const member = (isSlow: boolean | null, utilisation: number | null = 0.5, open = 1): Member => ({
  isSlow,
  utilisation,
  open,
});

test('by what those say that have something to do', async (t) => {
  t.equal(areSlow([member(true), member(true)]), true);
  t.equal(areSlow([member(true), member(false)]), true, 'half are enough');
  t.equal(areSlow([member(true), member(false), member(false)]), false);
  t.equal(areSlow([member(false), member(false)]), false);
  t.equal(areSlow([member(null), member(null)]), false, 'nothing is known');
  t.equal(areSlow([member(true), member(null), member(null)]), true);
  t.equal(areSlow([member(true, 0.05), member(true, null)]), false, 'they do nothing');
  t.equal(areSlow([member(true), member(false, 0.05), member(false, 0.05)]), true);
  t.equal(areSlow([]), false);
});

test('uneven', async (t) => {
  const open = (...counts: number[]) => counts.map((count) => member(true, 1, count));
  t.equal(areUneven(open(25, 25)), false);
  t.equal(areUneven(open(30, 20)), false);
  t.equal(areUneven(open(40, 10)), true);
  t.equal(areUneven(open(0, 2)), false, 'few');
  t.equal(areUneven(open(0, 0)), false);
});

test('what workers are told', async (t) => {
  let members: Member[] = [member(true), member(true)];
  const told: boolean[] = [];
  const rebalancer = new Rebalancer('auto', {
    members: () => members,
    relieve: () => {},
    onChange: () => told.push(rebalancer.areMoving),
  });
  t.teardown(() => rebalancer.close());
  const next = async (areMoving: boolean) => {
    const before = told.length;
    await until('they are told', () => told.length > before);
    t.strictSame(told.slice(before), [areMoving]);
  };
  t.equal(rebalancer.state, 'alone');
  rebalancer.update(2);
  t.strictSame(told, [false], 'nothing is known yet');
  t.equal(rebalancer.state, 'quick');
  await next(true);
  t.equal(rebalancer.state, 'moving');
  members = [member(true, 1), member(true, 1)];
  await next(false);
  t.equal(rebalancer.state, 'full');
  members = [member(true, 0.4), member(true, 0.4)];
  await next(true);
  members = [member(false), member(false)];
  await next(false);
  t.equal(rebalancer.state, 'quick');
  members = [member(true), member(true)];
  await next(true);
  rebalancer.update(1);
  t.equal(told.at(-1), false, 'with one worker');
  t.equal(rebalancer.state, 'alone');
  rebalancer.update(2, 'off');
  t.equal(rebalancer.state, 'off');
  rebalancer.update(2, 'always');
  t.equal(rebalancer.state, 'moving');
});
