/** `sendTo()` and `request()`: who is meant, and what becomes of it. */

import { RondoError } from '../errors.js';
import { numberedFrame } from './messages.js';
import type { Peer } from './peers.js';
import type { Outcome } from './queue.js';
import { gone, overflow as overflowError } from './requests.js';
import type { Session } from './session.js';
import type { RequestOptions, Target } from './types.js';

/** What this process sends to itself: a frame without its length. */
export type DeliverToSelf = (frame: Buffer) => void;

export function emitFrame(session: Session, event: string, frame: Buffer): void {
  for (const { link } of session.peers.listeningFor(event)) link.send(frame);
}

/** Resolves with whether anybody was handed it. */
export function sendFrame(
  session: Session,
  target: Target,
  event: string,
  frame: Buffer,
  isListening: boolean,
  deliverToSelf: DeliverToSelf,
): Promise<boolean> {
  if (session.isSelf(target)) {
    if (isListening) deliverToSelf(frame);
    return Promise.resolve(isListening);
  }
  let found = session.find(target).filter(({ listens }) => listens.has(event));
  if (target === 'random') found = pickOne(found);
  if (found.length === 0) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    let left = found.length;
    let isSent = false;
    let error: RondoError | null = null;
    for (const peer of found) {
      peer.link.send(frame, (outcome: Outcome) => {
        if (outcome === 'sent') isSent = true;
        else if (outcome === 'rejected') error = overflowError(event, peer);
        if (--left > 0) return;
        if (error !== null) reject(error);
        else resolve(isSent);
      });
    }
  });
}

/** Resolves with the answer, or rejects. `frame` is without its number. */
export function sendRequest(
  session: Session,
  target: Target,
  event: string,
  frame: Buffer,
  options: RequestOptions,
  deliverToSelf: DeliverToSelf,
): Promise<unknown> {
  const { requests } = session;
  const ask = (peer: Peer | null): Promise<unknown> =>
    requests.begin(peer, event, options, (number) => {
      const numbered = numberedFrame(frame, number);
      if (peer === null) deliverToSelf(numbered);
      else peer.link.send(numbered, (outcome) => requests.onOutcome(number, outcome));
    });
  if (session.isSelf(target)) return ask(null);
  const found = session.find(target);
  const handling = found.filter(({ handles }) => handles.has(event));
  if (target === 'workers') return Promise.all(handling.map(ask));
  // One of which it is not known yet that it handles the event may do so.
  const [peer] = target === 'random' ? pickOne(handling.length > 0 ? handling : found) : found;
  return peer === undefined ? Promise.reject(gone(event, null, named(target))) : ask(peer);
}

export function closedError(): RondoError {
  return new RondoError('ERR_RONDO_CLOSED', 'The hub is closed');
}

function pickOne(peers: readonly Peer[]): Peer[] {
  const one = peers[Math.floor(Math.random() * peers.length)];
  return one === undefined ? [] : [one];
}

function named(target: Target): string {
  if (typeof target === 'string') return target === 'random' ? 'a worker' : `the ${target}`;
  if (typeof target === 'number') return `the worker ${target}`;
  return 'id' in target ? `the member ${target.id}` : `the process ${target.pid}`;
}
