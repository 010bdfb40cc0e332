/** What listeners that are `sticky` or have a `route` add to an exposition. */

import type { AddressSnapshot } from '../control/types.js';
import { type Exposition, labelsOf } from './exposition.js';

export function writeRouted(into: Exposition, addresses: readonly AddressSnapshot[]): void {
  into.family({
    name: 'rondo_connections_routed',
    type: 'counter',
    help: 'Connections that a route led on to another listener, or from another one here.',
  });
  for (const { address, routedOn, routedHere } of addresses) {
    into.counter(labelsOf({ listener: address, direction: 'on' }), routedOn);
    into.counter(labelsOf({ listener: address, direction: 'here' }), routedHere);
  }
}

export function writeSessions(into: Exposition, addresses: readonly AddressSnapshot[]): void {
  const labelled = addresses.map(({ address, sessions }) => ({
    address,
    labels: labelsOf({ listener: address }),
    ...sessions,
  }));
  into.family({
    name: 'rondo_sessions',
    type: 'gauge',
    help: 'Sessions of which the primary knows the worker.',
  });
  for (const { labels, held } of labelled) into.gauge(labels, held);
  into.family({ name: 'rondo_sessions_created', type: 'counter', help: 'Sessions begun.' });
  for (const { labels, created } of labelled) into.counter(labels, created);
  into.family({
    name: 'rondo_sessions_moved',
    type: 'counter',
    help: 'Sessions that went on with another worker: theirs was gone or had no room.',
  });
  for (const { labels, moved } of labelled) into.counter(labels, moved);
  into.family({
    name: 'rondo_sessions_forgotten',
    type: 'counter',
    help: 'Sessions that are not known any more, by why.',
  });
  for (const { address, evicted, expired, ended } of labelled) {
    into.counter(labelsOf({ listener: address, reason: 'evicted' }), evicted);
    into.counter(labelsOf({ listener: address, reason: 'expired' }), expired);
    into.counter(labelsOf({ listener: address, reason: 'ended' }), ended);
  }
}
