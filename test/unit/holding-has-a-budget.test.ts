// Connections are held back for slots that are behind only as long as a budget lasts: a worker that is slow
// does not set the pace of all.

import { test } from 'tap';
import { HoldBudget } from '../../src/dispatcher/ipc/hold.js';

/** Looks each ms of a hold; `quietMs` is how long ago those waited for have answered then. */
function holdFor(budget: HoldBudget, from: number, ms: number, quietMs: number): number | null {
  for (let now = from; now < from + ms; now++) {
    if (budget.isSpent(now)) return now - from;
    budget.note(now, now - quietMs);
  }
  return null;
}

test('while those waited for answer, it costs nothing', async (t) => {
  t.equal(holdFor(new HoldBudget(0), 0, 10_000, 0), null);
});

test('while they do not, it is spent', async (t) => {
  const spentAfter = holdFor(new HoldBudget(0), 0, 10_000, 5) ?? 0;
  // 50 ms, and a tenth of them that came back meanwhile.
  t.ok(spentAfter >= 50 && spentAfter <= 60, `after ${spentAfter} ms`);
});

test('it comes back by a tenth of the time, and by half before it is used again', async (t) => {
  const budget = new HoldBudget(0);
  const at = holdFor(budget, 0, 1000, 5) as number;
  budget.note(at, null);
  t.equal(budget.isSpent(at + 200), true);
  t.equal(budget.isSpent(at + 260), false);
  const again = holdFor(budget, at + 260, 1000, 5) as number;
  t.ok(again >= 22 && again <= 32, `half of it lasts for ${again} ms`);
});

test('in the long run a tenth of the time is spent so at most', async (t) => {
  const budget = new HoldBudget(0);
  let held = 0;
  for (let now = 0; now < 10_000; now++) {
    if (budget.isSpent(now)) {
      budget.note(now, null);
      continue;
    }
    budget.note(now, now - 5);
    held++;
  }
  t.ok(held <= 50 + 10_000 / 8, `${held} of 10,000 ms`);
});

test('nothing is spent while nothing is held', async (t) => {
  const budget = new HoldBudget(0);
  budget.note(0, null);
  t.equal(budget.isSpent(100_000), false);
  budget.note(100_000, null);
  t.equal(holdFor(budget, 100_000, 40, 5), null, 'and there is no more of it than at first');
  t.equal(budget.isSpent(100_060), true);
});
