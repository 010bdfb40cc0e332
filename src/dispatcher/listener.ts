/** A listener: one bound, listening socket of the primary, for its whole life. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ValidListenOptions } from '../options.js';
import type { Address, ListenerStats } from '../types.js';
import type { ListenTarget, Transport } from './transport.js';

/** A listening socket. Made by `dispatcher.listen()`. */
export class Listener {
  /** A small integer, unique among the dispatcher's open listeners. */
  readonly id: number;
  /** The name workers may attach to. */
  readonly name: string;
  readonly #address: Address;
  readonly #transport: Transport;
  readonly #onClosed: (listener: Listener) => void;
  #closed: Promise<void> | null = null;

  /** @internal */
  constructor(
    id: number,
    name: string,
    address: Address,
    transport: Transport,
    onClosed: (listener: Listener) => void,
  ) {
    this.id = id;
    this.name = name;
    this.#address = address;
    this.#transport = transport;
    this.#onClosed = onClosed;
  }

  /**
   * The bound address, as `net.Server`'s `address()`: `{ address, family, port }`, or the path of a
   * Unix socket. The same after `close()`.
   */
  address(): Address {
    return typeof this.#address === 'string' ? this.#address : { ...this.#address };
  }

  /**
   * Closes the socket. Connections that are accepted already are still served; those in the
   * kernel's backlog are reset. Resolves when the address is free again. Twice
   * gives the same promise.
   */
  close(): Promise<void> {
    if (this.#closed === null) {
      this.#closed = this.#transport.closeListener(this.id);
      this.#onClosed(this);
    }
    return this.#closed;
  }

  /** @internal */
  stats(): ListenerStats {
    return {
      id: this.id,
      name: this.name,
      address: this.address(),
      ...this.#transport.listenerCounts(this.id),
    };
  }
}

/** Looks a host name up, once, as `net.Server` does. Rejects with Node's own lookup error. */
export async function resolveTarget(options: ValidListenOptions): Promise<ListenTarget> {
  if (options.kind !== 'tcp') return options;
  const { port, host, ipv6Only, backlog } = options;
  const isName = host !== null && isIP(host) === 0;
  const ip = isName ? (await lookup(host)).address : host;
  return { kind: 'tcp', ip, port, ipv6Only, backlog };
}
