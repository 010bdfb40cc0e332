/** The events of a dispatcher, and what its transport's news become of them. */

import type { EventEmitter } from 'node:events';
import { RondoError } from '../errors.js';
import type { ProxyFault } from '../types/look.js';
import type { SlotGoneInfo } from '../types/stats.js';
import { Decider } from './decider.js';
import type { Listener } from './listener.js';
import { publishNews } from './news.js';
import type { Slot } from './slot.js';
import type { TransportEvents } from './transport.js';

/** The events of a {@link Dispatcher}, with their arguments. */
export interface DispatcherEvents {
  /** A listener is open. */
  listening: [listener: Listener];
  /** A worker has attached its first server and gets connections. */
  'slot:ready': [slot: Slot];
  /** A worker broke the protocol and gets no more connections. Its process still runs; the program may end it. */
  'slot:retired': [slot: Slot, error: Error];
  /** A worker's process has ended, and what it had not received has gone to others. */
  'slot:gone': [slot: Slot, info: SlotGoneInfo];
  /** A worker did not receive for `takeBackMs`; so many connections have gone to others. */
  'slot:stuck': [slot: Slot, reclaimed: number];
  /** Connections have waited for 100 ms and none could be handed to any worker. */
  starved: [];
  /** After `starved`: connections are handed off again, or none waits any more. */
  flowing: [];
  /**
   * accept(2) failed, with a system error: `EMFILE` (accepting pauses and goes on by itself),
   * `ECONNABORTED`, …; at most one event a second and listener. `stats()` counts them all.
   */
  'accept:error': [error: NodeJS.ErrnoException, listener: Listener];
  /** Handing off failed because a resource was missing for the moment; the dispatcher tries again. */
  'handoff:error': [error: NodeJS.ErrnoException, slot: Slot];
  /**
   * Connections were closed for their PROXY header; see `proxyProtocol`. `ERR_RONDO_PROXY_HEADER`, with how many and what
   * was wrong with the last one in its message. At most one event a second and listener; `stats()` counts them all.
   */
  'proxy:error': [error: Error, listener: Listener];
  /** The listening socket became unusable, and the listener has been closed. */
  'listener:error': [error: NodeJS.ErrnoException, listener: Listener];
  /** The file of a listener's path had been removed by somebody, and has been bound anew. */
  'listener:renewed': [listener: Listener];
  /**
   * The file of a listener's path has been removed, and could not be bound anew, with the system error that
   * `listen()` would have: `EMFILE`, `EACCES` (also where the directory is missing), `EROFS`, …;
   * `EADDRINUSE` if the path is another server's by now. It is tried again each second until
   * `listener:renewed`; there is an event when the error is another one than the time before, and
   * `stats()` counts all.
   */
  'renew:error': [error: NodeJS.ErrnoException, listener: Listener];
  /**
   * A policy that is a function threw, answered what is no answer, or not within `pickTimeoutMs`; with
   * `ERR_RONDO_BAD_PICK`, and what it threw as the `cause`. Those connections are dealt by round robin. At
   * most one event a second and listener.
   */
  'policy:error': [error: Error, listener: Listener];
  /**
   * A `route` that is a function threw, named no listener, or not within `pickTimeoutMs`; with `ERR_RONDO_BAD_ROUTE`, and
   * what it threw as the `cause`. Those connections are for the listener to which they came. At most one event a second
   * and listener.
   */
  'route:error': [error: Error, listener: Listener];
  /** Everything is closed. */
  close: [];
}

/** `dispatcher.emit()`, of which what a listener throws does not come back here. */
export type Tell = <Name extends keyof DispatcherEvents>(
  name: Name,
  ...args: DispatcherEvents[Name]
) => void;

/**
 * What a listener throws is an uncaught exception, as it would be of any other emitter; but first what
 * else has happened is told, and what is being closed is closed.
 */
export function tellerOf(dispatcher: EventEmitter<DispatcherEvents>): Tell {
  const emit = dispatcher.emit.bind(dispatcher) as Tell;
  return (name, ...args) => {
    publishNews(name, args);
    try {
      emit(name, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  };
}

/** Late news of a listener or slot that is closed become nothing. */
export function transportEvents(
  tell: Tell,
  listeners: ReadonlyMap<number, Listener>,
  slots: ReadonlyMap<number, Slot>,
): TransportEvents {
  const withListener = (id: number, then: (listener: Listener) => void): void => {
    const listener = listeners.get(id);
    if (listener !== undefined) then(listener);
  };
  const withSlot = (id: number, then: (slot: Slot) => void): void => {
    const slot = slots.get(id);
    if (slot !== undefined) then(slot);
  };
  const decider = new Decider((error, listener, question) => {
    // Not within the pick, which shall not fail if a listener of this event throws.
    process.nextTick(() => tell(`${question}:error`, error, listener));
  });
  return {
    onServing: (id, generation, count) => withSlot(id, (slot) => slot.onServing(generation, count)),
    onRetired: (id, generation, error) => withSlot(id, (slot) => slot.onRetired(generation, error)),
    onGone: (id, generation, reclaimed) =>
      withSlot(id, (slot) => slot.onGone(generation, reclaimed)),
    onTakenBack: (id, _generation, count) =>
      withSlot(id, (slot) => tell('slot:stuck', slot, count)),
    onStarved: () => tell('starved'),
    onFlowing: () => tell('flowing'),
    onAcceptError: (id, error) =>
      withListener(id, (listener) => tell('accept:error', error, listener)),
    onProxyFault: (id, fault, count) =>
      withListener(id, (listener) =>
        tell('proxy:error', proxyError(listener, fault, count), listener),
      ),
    onHandOffError: (id, error) => withSlot(id, (slot) => tell('handoff:error', error, slot)),
    onListenerBroken: (id, error) =>
      withListener(id, (listener) => {
        void listener.close();
        tell('listener:error', error, listener);
      }),
    onRenewed: (id) => withListener(id, (listener) => tell('listener:renewed', listener)),
    onRenewError: (id, error) =>
      withListener(id, (listener) => tell('renew:error', error, listener)),
    onPick(id, peers, slots) {
      const listener = listeners.get(id);
      if (listener === undefined) return peers.map(() => -1);
      return decider.ask(listener, peers, slots);
    },
    onPickTimedOut: (id, count) =>
      withListener(id, (listener) => decider.onTimedOut('policy', listener, count)),
    onRoute(id, connections) {
      const listener = listeners.get(id);
      if (listener === undefined) return connections.map(() => -1);
      return decider.route(listener, connections, [...listeners.values()]);
    },
    onRouteTimedOut: (id, count) =>
      withListener(id, (listener) => decider.onTimedOut('route', listener, count)),
  };
}

const FAULTS: Record<ProxyFault, string> = {
  untrusted: 'came from a source that is not in its proxyProtocol',
  missing: 'did not begin with a PROXY header',
  malformed: 'began with a PROXY header that is none',
  tooLong: 'began with a PROXY header that is too long',
  timedOut: 'did not send a PROXY header in time',
  ended: 'ended before there was a PROXY header',
  crowded: 'gave way to others, while too many waited for their PROXY header',
};

function proxyError(listener: Listener, fault: ProxyFault, count: number): RondoError {
  const others = count > 1 ? `, and ${count - 1} before it were closed for theirs` : '';
  return new RondoError(
    'ERR_RONDO_PROXY_HEADER',
    `A connection to the listener '${listener.name}' ${FAULTS[fault]}${others}`,
  );
}
