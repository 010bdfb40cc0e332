// A policy or a route that is a function is asked within bounds: whatever it throws or answers, there is an answer for
// each connection, and at most one error a second, listener and question.

import { test } from 'tap';
import { Decider } from '../../src/dispatcher/decider.js';
import type { Listener } from '../../src/dispatcher/listener.js';
import { validatePolicy } from '../../src/dispatcher/policies/index.js';
import type { RouteFunction } from '../../src/types/look.js';
import type { PickFunction } from '../../src/types/policy.js';

const PEERS = [1, 2, 3].map((port) => ({ address: '192.0.2.1', port, family: 'IPv4' as const }));
const SLOTS = [0, 4].map((id) => ({
  id,
  open: 0,
  pending: 0,
  loopDelayMs: null,
  utilisation: null,
  weight: 1,
}));

function listenerWith(policy: PickFunction | 'round-robin', name = 'default'): Listener {
  return { name, policy: validatePolicy(policy) } as unknown as Listener;
}

test('answers, and -1 for the rest', async (t) => {
  const errors: Error[] = [];
  const decider = new Decider((error) => errors.push(error));
  const ask = (policy: PickFunction): number[] => decider.ask(listenerWith(policy), PEERS, SLOTS);
  t.strictSame(
    ask(() => [0, 4, null]),
    [0, 4, -1],
  );
  t.strictSame(errors, []);
  t.strictSame(
    ask(() => [4, 1, null]),
    [4, -1, -1],
    'what is right of a wrong answer is done',
  );
  t.match(errors, [{ code: 'ERR_RONDO_BAD_PICK', message: /'default' answered 1,/ }]);
  const listener = listenerWith('round-robin');
  t.strictSame(decider.ask(listener, PEERS, SLOTS), [-1, -1, -1], 'its policy has just changed');
});

test('what it is given is its own', async (t) => {
  const decider = new Decider((error) => t.fail(error.message));
  const spoil: PickFunction = (connections, slots) => {
    for (const slot of slots) slot.id = 99;
    connections.length = slots.length = 0;
    return [0, 4, 0];
  };
  t.strictSame(decider.ask(listenerWith(spoil), PEERS, SLOTS), [0, 4, 0]);
  t.match(SLOTS, [{ id: 0 }, { id: 4 }]);
});

test('one error a second and listener', async (t) => {
  let now = 1000;
  const told: string[] = [];
  const decider = new Decider(
    (_error, { name }) => told.push(name),
    () => now,
  );
  const bad = (name: string): Listener => listenerWith(() => [], name);
  const [a, b] = [bad('a'), bad('b')];
  for (let i = 0; i < 5; i++) decider.ask(a, PEERS, SLOTS);
  decider.ask(b, PEERS, SLOTS);
  decider.onTimedOut('policy', b, 3);
  t.strictSame(told, ['a', 'b']);
  now += 999;
  decider.onTimedOut('policy', a, 1);
  t.strictSame(told, ['a', 'b']);
  now += 1;
  decider.onTimedOut('policy', a, 1);
  t.strictSame(told, ['a', 'b', 'a']);
});

const ROUTED = PEERS.map((peer) => ({ ...peer, host: `${peer.port}.example`, encrypted: false }));

function listenerOf(
  id: number,
  name: string,
  routeFunction: RouteFunction | null = null,
): Listener {
  return { id, name, hasRoutes: routeFunction !== null, routeFunction } as unknown as Listener;
}

test('a route names a listener for each connection', async (t) => {
  const errors: Error[] = [];
  const decider = new Decider((error, _listener, question) => {
    t.equal(question, 'route');
    errors.push(error);
  });
  const ask = (route: RouteFunction): number[] => {
    const front = listenerOf(2, 'front', route);
    const open = [front, listenerOf(5, 'api'), listenerOf(6, 'other', () => 'api')];
    return decider.route(front, ROUTED, open);
  };
  t.strictSame(
    ask(({ host }) => (host === '1.example' ? 'api' : host === '2.example' ? 'front' : null)),
    [5, 2, -1],
  );
  t.strictSame(errors, []);
  t.strictSame(
    ask(({ host }) => {
      if (host === '1.example') throw new Error('as the test wants it');
      return host === '2.example' ? 'other' : 'api';
    }),
    [-1, -1, 5],
    'what it does wrong for one connection is nothing to the next',
  );
  t.match(errors, [
    {
      code: 'ERR_RONDO_BAD_ROUTE',
      message: /The route of the listener 'front' threw an error/,
      cause: { message: 'as the test wants it' },
    },
  ]);
  t.strictSame(decider.route(listenerOf(3, 'table'), ROUTED, []), [-1, -1, -1], 'nobody is asked');
});

test('a route and a policy are told apart', async (t) => {
  const told: string[] = [];
  const decider = new Decider((_error, { name }, question) => told.push(`${question} of ${name}`));
  const listener = listenerOf(1, 'a', () => 'nobody');
  decider.onTimedOut('policy', listener, 1);
  decider.route(listener, ROUTED, [listener]);
  decider.onTimedOut('route', listener, 1);
  t.strictSame(told, ['policy of a', 'route of a']);
});
