/** What every worker is told of a dispatcher's listeners, encoded for the transport. */

import { randomBytes } from 'node:crypto';
import { RondoError } from '../errors.js';
import {
  encodeState,
  LARGEST_STATE,
  type ListenerState,
  MOST_LISTENERS,
  PROTOCOL_VERSION,
} from '../protocol/protocol.js';
import type { Listener } from './listener.js';
import type { Member, Rebalancer } from './rebalance.js';
import type { ListenTarget } from './transport.js';

/** As long as an address can be in the state. */
const WIDEST_ADDRESS = {
  address: `ffff${':ffff'.repeat(7)}%interface-of-16c`,
  family: 'IPv6',
  port: 65_535,
};

/** `rebalance` and `areMoving` may be longer later. */
const LONGER_LATER = 'always'.length + 1;

/** What of a Rebalancer workers are told. */
type RebalanceState = Pick<Rebalancer<Member>, 'rebalance' | 'serving' | 'areMoving'>;
/** Of what comes by other listeners, whose addresses may be many. */
const NOWHERE = { address: '', family: 'IPv4', port: 0 };

export class StateEncoder {
  readonly #ticketKeys = randomBytes(48).toString('base64');
  readonly #listeners: ReadonlyMap<number, Listener>;
  readonly #rebalancer: RebalanceState;

  constructor(listeners: ReadonlyMap<number, Listener>, rebalancer: RebalanceState) {
    this.#listeners = listeners;
    this.#rebalancer = rebalancer;
  }

  encode(): string {
    return this.#encode();
  }

  /**
   * Throws `ERR_RONDO_TOO_MANY_LISTENERS` if there is no room for one more: a worker is told of all
   * listeners in one frame. Only names and paths could be too long for it.
   */
  checkRoomFor(name: string, target: ListenTarget): void {
    const address = target.kind === 'path' ? target.path : WIDEST_ADDRESS;
    const text = this.#encode([{ id: MOST_LISTENERS, name, address }]);
    if (Buffer.byteLength(text) + LONGER_LATER <= LARGEST_STATE) return;
    throw new RondoError(
      'ERR_RONDO_TOO_MANY_LISTENERS',
      `The names and paths of all listeners make more than ${LARGEST_STATE} bytes`,
    );
  }

  #encode(more: ListenerState[] = []): string {
    const listeners = [...this.#listeners.values()].map((listener) => ({
      id: listener.id,
      name: listener.name,
      address: listener.isVirtual ? NOWHERE : listener.address(),
      ...(listener.hasOwnTickets && { ownTickets: true as const }),
    }));
    return encodeState({
      version: PROTOCOL_VERSION,
      ticketKeys: this.#ticketKeys,
      listeners: [...listeners, ...more],
      rebalance: this.#rebalancer.rebalance,
      serving: this.#rebalancer.serving,
      areMoving: this.#rebalancer.areMoving,
    });
  }
}
