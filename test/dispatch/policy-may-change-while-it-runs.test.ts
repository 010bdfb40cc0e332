// A policy may change at any time, of the dispatcher and of one listener, and no connection is lost by it.

import type { AddressInfo } from 'node:net';
import type { Policy } from 'rondo';
import { test } from 'tap';
import { until } from '../fixtures/faults.js';
import { openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

const CLIENTS = 8;
const PER_POLICY = 25;

const POLICIES: Policy[] = [
  'least-connections',
  'two-choices',
  'least-loaded',
  { name: 'source-ip', bound: 1.5, waitMs: 20 },
  { name: 'random', seed: 1 },
  'weighted',
  (connections, slots) => connections.map((_, i) => (i % 2 === 0 ? (slots[0]?.id ?? null) : null)),
  'round-robin',
];

function nameOf(policy: Policy): string {
  if (typeof policy === 'function') return 'function';
  return typeof policy === 'string' ? policy : policy.name;
}

for (const transport of transports()) {
  test(`${transport}: under load`, async (t) => {
    const { dispatcher, listener, port, worker: start } = await openDeck(t, { transport });
    const pids = new Set<string>();
    for (let i = 0; i < 3; i++) pids.add(`${(await start()).pid}\n`);
    let done = 0;
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (!isOver) {
        const line = await read(port);
        if (!pids.has(line)) t.fail(`a client has read ${JSON.stringify(line)}`);
        done++;
      }
    });
    for (const policy of POLICIES) {
      const before = done;
      listener.configure({ policy });
      t.equal(dispatcher.stats().listeners[0]?.policy, nameOf(policy));
      await until(`${nameOf(policy)} has served`, () => done >= before + PER_POLICY);
    }
    isOver = true;
    await Promise.all(clients);
    const { accepted, listeners } = await settled(dispatcher);
    t.equal(accepted, done);
    t.match(listeners, [{ closed: 0, turnedAway: 0, acceptErrors: {} }]);
  });

  test(`${transport}: a listener's own goes before the dispatcher's`, async (t) => {
    const deck = await openDeck(t, { transport, policy: 'random' });
    const { dispatcher, worker: start } = deck;
    const own = await dispatcher.listen({
      port: 0,
      host: '127.0.0.1',
      name: 'own',
      policy: 'round-robin',
    });
    const policies = () => dispatcher.stats().listeners.map(({ policy }) => policy);
    t.strictSame(policies(), ['random', 'round-robin']);
    dispatcher.configure({ policy: 'weighted' });
    t.strictSame(
      [dispatcher.stats().policy, ...policies()],
      ['weighted', 'weighted', 'round-robin'],
    );
    dispatcher.configure({ window: 3 });
    t.strictSame(policies(), ['weighted', 'round-robin']);
    deck.listener.configure({ maxQueueMs: 1000 });
    dispatcher.configure({ policy: () => [] });
    t.strictSame(policies(), ['function', 'round-robin'], 'a limit is not a policy of its own');

    const pids = [String((await start()).pid), String((await start()).pid)];
    const { port } = own.address() as AddressInfo;
    const turns: number[] = [];
    for (let i = 0; i < 12; i++) turns.push(pids.indexOf((await read(port)).trim()));
    const first = turns.filter((slot) => slot === 0).length;
    t.ok(first >= 5 && first <= 7, `in turn: the first has got ${first} of 12`);

    const wrong = [{ policy: 'fair' }, { policy: null }, { overload: 1 }, { window: 1 }];
    for (const changes of wrong) {
      t.throws(() => own.configure(changes as object), { code: /^ERR_RONDO_(INVALID|UNKNOWN)/ });
    }
    t.strictSame(policies(), ['function', 'round-robin'], 'what is wrong changes nothing');
    await own.close();
    t.throws(() => own.configure({ policy: 'random' }), { code: 'ERR_RONDO_CLOSED' });
  });

  test(`${transport}: weights`, async (t) => {
    const deck = await openDeck(t, { transport, policy: 'weighted' });
    const { dispatcher, port, worker: start } = deck;
    const heavy = await start(['line'], { slot: dispatcher.openSlot({ weight: 3 }) });
    const light = await start();
    const shares = async (count: number): Promise<number[]> => {
      const lines: number[] = [];
      for (let i = 0; i < count; i++) lines.push(Number(await read(port)));
      return [heavy, light].map(({ pid }) => lines.filter((line) => line === pid).length);
    };
    const before = await shares(40);
    t.ok(Math.abs((before[0] as number) - 30) <= 2, `the heavier one has got ${before[0]} of 40`);
    heavy.slot.configure({ weight: 1 });
    light.slot.configure({ weight: 4 });
    const after = await shares(60);
    t.ok((after[1] as number) > 40, `the heavier one has got ${after[1]} of 60`);
    t.match(dispatcher.stats().slots, [{ weight: 1 }, { weight: 4 }]);
    t.throws(() => light.slot.configure({ weight: 0 }), { code: 'ERR_RONDO_INVALID_OPTION' });
    light.slot.close();
    t.throws(() => light.slot.configure({ weight: 2 }), { code: 'ERR_RONDO_SLOT_CLOSED' });
    t.equal(dispatcher.openSlot().id, light.slot.id, 'a closed slot leaves its number');
    t.match(dispatcher.stats().slots[1], { weight: 1 }, 'and nothing of its options');
  });
}
