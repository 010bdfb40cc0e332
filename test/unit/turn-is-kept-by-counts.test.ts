// The turn of a listener on the ipc transport, without processes: who is held back, who does not count
// towards that, and what a slot that comes, goes or refuses does to it.

import { test } from 'tap';
import { newConnection } from '../../src/dispatcher/ipc/connection.js';
import type { IpcSlot } from '../../src/dispatcher/ipc/slot.js';
import { Turn } from '../../src/dispatcher/ipc/turn.js';
import { validatePolicy } from '../../src/dispatcher/policies/index.js';
import type { Policy } from '../../src/types/policy.js';

interface FakeSlot {
  slot: number;
  weight: number;
  hasRoom: boolean;
  work: { load: number; isKeeping: boolean; keepsUp(): boolean; answerDelayMs(): null };
}

function fakeSlot(slot: number, weight = 1): FakeSlot {
  const work = {
    load: 0,
    isKeeping: true,
    keepsUp: () => work.isKeeping,
    answerDelayMs: () => null,
  };
  return { slot, weight, hasRoom: true, work };
}

/** Who gets so many more, one after another; 'held' if nobody, which ends it. */
function deal(turn: Turn, slots: FakeSlot[], count: number, options: object = {}): unknown[] {
  const got: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const connection = newConnection(0, { fd: -1, close: () => {} });
    const serving = slots as unknown as IpcSlot[];
    const able = slots.filter(({ hasRoom }) => hasRoom) as unknown as IpcSlot[];
    const choice = { serving, able, isUnlimited: false, mayWait: false, now: 0, ...options };
    const chosen = turn.choose(connection, choice);
    if (chosen === null) return [...got, 'held'];
    turn.note(connection, chosen);
    (chosen as unknown as FakeSlot).work.load++;
    got.push(chosen.slot);
  }
  return got;
}

const newTurn = (policy: Policy): Turn => new Turn(validatePolicy(policy));

test('those that have room are held back for one that keeps up', async (t) => {
  for (const policy of ['round-robin', 'least-connections', 'weighted'] as const) {
    const [a, b] = [fakeSlot(0), fakeSlot(1)];
    const turn = newTurn(policy);
    b.hasRoom = false;
    t.strictSame(deal(turn, [a, b], 5), [0, 0, 'held'], `${policy}: two ahead, and no more`);
    b.hasRoom = true;
    t.strictSame(deal(turn, [a, b], 4), [1, 1, 0, 1], `${policy}: it catches up`);
  }
});

test('but not for one that does not keep up, nor without the limit', async (t) => {
  const [a, b] = [fakeSlot(0), fakeSlot(1)];
  const turn = newTurn('round-robin');
  b.hasRoom = false;
  t.strictSame(deal(turn, [a, b], 4, { isUnlimited: true }), [0, 0, 0, 0]);
  b.work.isKeeping = false;
  t.strictSame(deal(turn, [a, b], 4), [0, 0, 0, 0]);
  a.work.isKeeping = false;
  t.strictSame(deal(turn, [a, b], 4), [0, 0, 0, 0], 'nobody keeps up: no limit');
});

test('one that comes back gets no flood', async (t) => {
  const [a, b] = [fakeSlot(0), fakeSlot(1)];
  const turn = newTurn('round-robin');
  b.hasRoom = b.work.isKeeping = false;
  deal(turn, [a, b], 100);
  b.hasRoom = b.work.isKeeping = true;
  t.strictSame(deal(turn, [a, b], 6), [1, 1, 1, 0, 1, 0], 'two of a hundred, and then in turn');
});

test('one that is new has the least count of the others', async (t) => {
  const [a, b, c] = [fakeSlot(0), fakeSlot(1), fakeSlot(2)];
  const turn = newTurn('round-robin');
  t.strictSame(deal(turn, [a, b], 5), [0, 1, 0, 1, 0]);
  t.strictSame(deal(turn, [a, b, c], 4), [1, 2, 0, 1]);
  turn.welcome(c as unknown as IpcSlot);
  t.strictSame(deal(turn, [a, b, c], 2), [2, 0], 'also when it serves the listener again');
});

test('weights', async (t) => {
  const [a, b] = [fakeSlot(0, 3), fakeSlot(1, 1)];
  const turn = newTurn('weighted');
  t.strictSame(deal(turn, [a, b], 8), [0, 0, 1, 0, 0, 0, 1, 0], 'not held back before its share');
  b.hasRoom = false;
  t.strictSame(deal(turn, [a, b], 20).length, 7, 'six ahead, which are two of the other');
});

test('policies that keep nothing even hold nothing back', async (t) => {
  for (const policy of ['two-choices', 'least-loaded', 'random', 'source-ip', () => []] as const) {
    const [a, b] = [fakeSlot(0), fakeSlot(1)];
    b.hasRoom = false;
    t.strictSame(deal(newTurn(policy), [a, b], 5), [0, 0, 0, 0, 0]);
  }
});

test('a refusal changes no count, and one that was not delivered does', async (t) => {
  const [a, b] = [fakeSlot(0), fakeSlot(1)];
  const serving = [a, b] as unknown as IpcSlot[];
  const [first, second] = serving as [IpcSlot, IpcSlot];
  const turn = newTurn('round-robin');
  const choice = { serving, able: serving, isUnlimited: false, mayWait: false, now: 0 };
  t.strictSame(deal(turn, [a, b], 2), [0, 1]);
  const refused = newConnection(0, { fd: -1, close: () => {} });
  turn.note(refused, first);
  refused.refusedBy.push(first);
  t.equal(turn.choose(refused, { ...choice, able: [second] }), second);
  turn.note(refused, second);
  t.strictSame(deal(turn, [a, b], 1), [1], 'the first was counted, the second was not');

  for (let i = 0; i < 2; i++) {
    const undelivered = newConnection(0, { fd: -1, close: () => {} });
    turn.note(undelivered, first);
    turn.undo(undelivered, first);
    turn.note(undelivered, second);
  }
  t.strictSame(deal(turn, [a, b], 3), [0, 0, 1], '2 and 4 it was');
});

test('another policy begins with equal counts', async (t) => {
  const [a, b] = [fakeSlot(0), fakeSlot(1)];
  const turn = newTurn('source-ip');
  b.hasRoom = false;
  deal(turn, [a, b], 50);
  b.hasRoom = true;
  turn.setPolicy(validatePolicy('round-robin'));
  t.strictSame(deal(turn, [a, b], 4), [1, 0, 1, 0]);
});
