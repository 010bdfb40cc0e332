// A policy may be a function: it is told of connections and workers, and its answers are carried out. What
// it does wrong is an event, and costs no connection.

import { once } from 'node:events';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Dispatcher, Listener, PickConnection, PickFunction, PickSlot } from 'rondo';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import { hold, openDeck, read, transports } from '../fixtures/harness.js';
import { settled } from '../fixtures/settled.js';

/** How long a connection waits for the worker that the function has named. */
const WAIT_MS = 100;

/** More than a machine that is busy itself needs for the function's turn. */
const PATIENT_MS = 10_000;

interface Reported {
  error: NodeJS.ErrnoException;
  listener: Listener;
}

function errorsOf(dispatcher: Dispatcher): Reported[] {
  const errors: Reported[] = [];
  dispatcher.on('policy:error', (error, listener) => errors.push({ error, listener }));
  return errors;
}

for (const transport of transports()) {
  test(`${transport}: what it is told`, async (t) => {
    const calls: Array<[connections: PickConnection[], slots: PickSlot[]]> = [];
    const policy: PickFunction = (connections, slots) => {
      calls.push([connections, slots]);
      return connections.map(() => 1);
    };
    const deck = await openDeck(t, { transport, pickTimeoutMs: PATIENT_MS });
    const { dispatcher } = deck;
    const errors = errorsOf(dispatcher);
    const other = await dispatcher.listen({ port: 0, host: '127.0.0.1', name: 'b', policy });
    await deck.worker(['hold']);
    const second = await deck.worker(['hold'], { slot: dispatcher.openSlot({ weight: 7 }) });
    const sockets: net.Socket[] = [];
    for (let i = 0; i < 3; i++) {
      const { socket, line } = await hold((other.address() as AddressInfo).port);
      t.equal(Number(line), second.pid);
      sockets.push(socket);
    }
    await settled(dispatcher, 3);
    sockets.push((await hold((other.address() as AddressInfo).port)).socket);
    const connections = calls.flatMap(([list]) => list);
    t.strictSame(
      connections.map(({ address, port, family }) => [address, port, family]),
      sockets.map(({ localPort }) => ['127.0.0.1', localPort, 'IPv4']),
    );
    t.ok(connections.every(({ listener }) => listener === other));
    const [, slots] = calls.at(-1) ?? [];
    t.match(slots, [
      { id: 0, open: 0, pending: 0, weight: 1 },
      { id: 1, open: 3, pending: 0, weight: 7 },
    ]);
    t.match(Object.keys(slots?.[1] ?? {}).sort(), [
      'id',
      'loopDelayMs',
      'open',
      'pending',
      'utilisation',
      'weight',
    ]);
    t.strictSame(errors, []);
    t.equal(dispatcher.stats().listeners[1]?.policy, 'function');
    for (const socket of sockets) socket.destroy();
  });

  test(`${transport}: null is round robin`, async (t) => {
    const policy: PickFunction = (connections) => connections.map(() => null);
    const deck = await openDeck(t, { transport, policy, pickTimeoutMs: PATIENT_MS });
    const errors = errorsOf(deck.dispatcher);
    const pids = [String((await deck.worker()).pid), String((await deck.worker()).pid)];
    // One that has not run since it began, as on a busy machine, does not keep up.
    const answered = new Set<string>();
    await until('both answer', async () => {
      answered.add((await read(deck.port)).trim());
      return answered.size === 2;
    });
    const turns: number[] = [];
    for (let i = 0; i < 12; i++) turns.push(pids.indexOf((await read(deck.port)).trim()));
    const first = turns.filter((slot) => slot === 0).length;
    t.ok(first >= 5 && first <= 7, `the first has got ${first} of 12`);
    t.strictSame(errors, []);
  });

  for (const [name, window] of [
    ['and room for all', 100],
    ['and room for one', 1],
  ] as const) {
    test(`${transport}: in a storm, ${name}`, async (t) => {
      const named = new Map<number, number>();
      let most = 0;
      const policy: PickFunction = (connections, slots) => {
        most = Math.max(most, connections.length);
        return connections.map(({ port }) => {
          // In pairs, as round robin would not do it.
          const id = slots[(named.size >> 1) % slots.length]?.id ?? null;
          if (id !== null) named.set(port, id);
          return id;
        });
      };
      const deck = await openDeck(t, { transport, policy, pickTimeoutMs: PATIENT_MS, window });
      const errors = errorsOf(deck.dispatcher);
      const pids = [(await deck.worker(['hold'])).pid, (await deck.worker(['hold'])).pid];
      // So that they are all there, for otherwise they may come one by one.
      deck.dispatcher.pause();
      const sockets = await Promise.all(Array.from({ length: 100 }, () => openClient(deck.port)));
      const lines = sockets.map((socket) => once(socket, 'data'));
      // With this transport they wait in the primary, and are there when it has accepted them.
      const accepted = () => deck.dispatcher.stats().listeners[0]?.accepted;
      if (transport === 'ipc') await until('all are accepted', () => accepted() === sockets.length);
      deck.dispatcher.resume();
      const held = await Promise.all(
        sockets.map(async (socket, at) => ({ socket, line: String(await lines[at]).trim() })),
      );
      const isRight = held.filter(
        ({ socket, line }) => Number(line) === pids[named.get(socket.localPort as number) ?? -1],
      );
      // Where there is room for one, those whose worker has none for 100 ms go to the other.
      if (window > 1) t.equal(isRight.length, 100, 'each is where it was to go');
      else t.ok(most > 1, `${most} were asked about at once`);
      t.equal(named.size, 100, 'and each of them once');
      t.strictSame(errors, []);
      t.match(deck.dispatcher.stats().listeners, [{ accepted: 100, closed: 0, turnedAway: 0 }]);
      for (const { socket } of held) socket.destroy();
    });
  }

  const wrong: Array<[string, PickFunction, RegExp]> = [
    [
      'throws',
      () => {
        throw new Error('as the test wants it');
      },
      /threw an error/,
    ],
    ['answers a list that is too short', () => [], /must return a list of 1/],
    ['answers no list', () => null as never, /must return a list of 1\. Received null/],
    ['answers a promise', (async () => [0]) as never, /must return a list of 1\. Received Promise/],
    ['names a slot that is none', (list) => list.map(() => 77), /answered 77/],
    ['names half a slot', (list) => list.map(() => 0.5), /answered 0\.5/],
    ['names nothing', (list) => list.map(() => undefined as never), /answered undefined/],
  ];
  for (const [what, policy, message] of wrong) {
    test(`${transport}: a function that ${what}`, async (t) => {
      const deck = await openDeck(t, { transport, policy, pickTimeoutMs: PATIENT_MS });
      const errors = errorsOf(deck.dispatcher);
      const { pid } = await deck.worker();
      for (let i = 0; i < 5; i++) t.equal(await read(deck.port), `${pid}\n`, 'served all the same');
      await until('it is told', () => errors.length > 0);
      t.match(errors[0], { error: { code: 'ERR_RONDO_BAD_PICK', message } });
      t.equal(errors[0]?.listener, deck.listener);
      if (what === 'throws') t.match(errors[0]?.error.cause, { message: 'as the test wants it' });
      t.ok(errors.length <= 2, `${errors.length} events in about a second`);
      t.match(await settled(deck.dispatcher), { accepted: 5, listeners: [{ closed: 0 }] });
    });
  }

  test(`${transport}: a function that takes too long`, async (t) => {
    let calls = 0;
    const policy: PickFunction = (connections) => {
      calls++;
      const end = performance.now() + 60;
      while (performance.now() < end);
      return connections.map(() => 1);
    };
    const deck = await openDeck(t, { transport, policy, pickTimeoutMs: 10 });
    const errors = errorsOf(deck.dispatcher);
    const pids = [(await deck.worker()).pid, (await deck.worker()).pid];
    const first = Number(await read(deck.port));
    t.equal(first, pids[0], 'by round robin, and not what it said');
    await until('it is told', () => errors.length > 0);
    t.match(errors[0], { error: { code: 'ERR_RONDO_BAD_PICK', message: /no answer in time/ } });
    t.ok(calls > 0);
  });

  test(`${transport}: its worker is busy, and another is not`, async (t) => {
    const policy: PickFunction = (connections) => connections.map(() => 0);
    const deck = await openDeck(t, { transport, policy, pickTimeoutMs: PATIENT_MS });
    const named = await deck.worker();
    await deck.worker();
    const reclaimed = () => deck.dispatcher.stats().slots[named.slot.id]?.reclaimed;
    // On a machine that is busy itself a worker may be late by more than a connection waits for it.
    for (let inTime = 0, round = 0; inTime < 3 && round < 50; round++) {
      named.send({ do: 'spin', ms: 20 });
      await named.event('spinning');
      const [before, begin] = [reclaimed(), performance.now()];
      const pid = Number(await read(deck.port));
      if (performance.now() - begin > WAIT_MS) continue;
      inTime++;
      t.equal(pid, named.pid, 'nobody gets it instead');
      t.equal(reclaimed(), before, 'nor is it taken from it');
    }
  });

  test(`${transport}: its worker has no room, or goes`, async (t) => {
    const policy: PickFunction = (connections) => connections.map(() => 0);
    const deck = await openDeck(t, { transport, policy, pickTimeoutMs: PATIENT_MS });
    const errors = errorsOf(deck.dispatcher);
    const full = await deck.worker(['hold'], {
      slot: deck.dispatcher.openSlot({ maxConnections: 1 }),
    });
    const other = await deck.worker(['hold']);
    const held = [await hold(deck.port)];
    t.equal(Number(held[0]?.line), full.pid);
    const begin = performance.now();
    held.push(await hold(deck.port));
    t.equal(Number(held[1]?.line), other.pid, 'after a wait it goes to another');
    t.ok(performance.now() - begin > 90, 'which is 100 ms');
    const waiting = hold(deck.port);
    await until('it waits', () => deck.dispatcher.stats().waiting === 1);
    await full.kill();
    held.push(await waiting);
    t.equal(Number(held[2]?.line), other.pid, 'or at once, if its worker goes');
    for (const { socket } of held) socket.destroy();
    t.ok(errors.length <= 1);
  });
}
