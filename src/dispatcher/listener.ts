/** A listener: one bound, listening socket of the primary, for its whole life. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { RondoError } from '../errors.js';
import type { UnixFile } from '../native/engine.js';
import type { RouteFunction } from '../types/look.js';
import type { Address, ListenerChanges, OpenListener } from '../types/options.js';
import type { ListenerStats } from '../types/stats.js';
import { type ValidListenerOptions, type ValidPlace, validateListenerChanges } from './options.js';
import type { ValidPolicy } from './policies/index.js';
import { checkTransport, proxyProtocolOf, type ValidProxyProtocol } from './proxy-protocol.js';
import { routeTable } from './route.js';
import type { DealingOptions, LentSocket, ListenTarget, Transport } from './transport.js';

/** What a listener asks of its dispatcher. */
export interface ListenerOwner {
  /** The policy of listeners that have none of their own. */
  policy(): ValidPolicy;
  /** That of TCP listeners that have none of their own. */
  proxyProtocol(): ValidProxyProtocol | null;
  /** All of them. */
  isPaused(): boolean;
  onClosed(listener: Listener): void;
}

/** What was changed of a listener since it was opened. */
export interface ListenerSettings {
  isPaused: boolean;
  changes: ListenerChanges;
}

/** A listening socket. Made by `dispatcher.listen()`. */
export class Listener implements OpenListener {
  /** A small integer, unique among the dispatcher's open listeners. */
  readonly id: number;
  /** The name workers may attach to. */
  readonly name: string;
  readonly #address: Address;
  readonly #transport: Transport;
  readonly #owner: ListenerOwner;
  #options: ValidListenerOptions;
  #isPaused = false;
  /** As they were given. */
  #changes: ListenerChanges = {};
  #closed: Promise<void> | null = null;
  #forgetSignal: (() => void) | null = null;

  /** @internal */
  constructor(
    id: number,
    name: string,
    address: Address,
    options: ValidListenerOptions,
    transport: Transport,
    owner: ListenerOwner,
  ) {
    this.id = id;
    this.name = name;
    this.#address = address;
    this.#options = options;
    this.#transport = transport;
    this.#owner = owner;
  }

  /**
   * The bound address, as `net.Server`'s `address()`: `{ address, family, port }`, or the path of a
   * Unix socket; without a socket `virtual:` and the name. The same after `close()`.
   */
  address(): Address {
    return typeof this.#address === 'string' ? this.#address : { ...this.#address };
  }

  /**
   * Changes the policy and the limits from now on; what is left out stays, and null removes a limit. No
   * connection is lost by it, and workers keep what they have, also beyond a smaller limit. Another
   * policy deals as if every worker had been dealt the same until then.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, `ERR_RONDO_NATIVE_MISSING` for a
   * `proxyProtocol` with the ipc transport, and `ERR_RONDO_CLOSED` after `close()`. Nothing has changed then.
   */
  configure(changes: ListenerChanges): void {
    const options = validateListenerChanges(changes, this.#options);
    if (this.#closed !== null) {
      throw new RondoError('ERR_RONDO_CLOSED', `The listener '${this.name}' is closed`);
    }
    checkTransport(this.#transport.name, options.proxyProtocol);
    this.#options = options;
    this.#changes = { ...this.#changes, ...changes };
    this.applyOptions();
  }

  /** What `configure()` and `pause()` have made of it. @internal */
  get settings(): ListenerSettings {
    return { isPaused: this.#isPaused, changes: { ...this.#changes } };
  }

  /**
   * Stops accepting, while other listeners go on; connections wait in the kernel's backlog (with the ipc transport in the
   * primary), without regard to `maxQueueMs`. What is accepted already goes on to the workers. Beyond the backlog's length
   * the kernel has clients wait. A second call has no effect; after `close()`, and without a socket (`virtual`), it does nothing.
   */
  pause(): void {
    this.#setPaused(true);
  }

  /** Accepts again after `pause()`, unless the whole dispatcher is paused. */
  resume(): void {
    this.#setPaused(false);
  }

  #setPaused(isPaused: boolean): void {
    if (this.isVirtual) return;
    if (this.#closed !== null || isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#transport.pauseListener(this.id);
    else this.#transport.resumeListener(this.id);
  }

  /**
   * Closes the socket. Connections that are accepted already are still served; those in the
   * kernel's backlog are reset. Resolves when the address is free again, which with the native
   * transport it is when this returns. Twice gives the same promise.
   */
  close(): Promise<void> {
    if (this.#closed === null) {
      this.#forgetSignal?.();
      this.#closed = this.#transport.closeListener(this.id);
      this.#owner.onClosed(this);
    }
    return this.#closed;
  }

  /** Its socket, for another process. Throws a system error. @internal */
  lend(): LentSocket {
    return this.#transport.lend(this.id);
  }

  /** As `close()`, for a socket that another process has: a path's file stays. @internal */
  leave(): Promise<void> {
    if (this.#closed === null) {
      this.#forgetSignal?.();
      // Those that attach by its name are to know it until what was accepted has been dealt.
      const left = this.#transport.leaveListener(this.id);
      this.#closed = left.then(() => this.#owner.onClosed(this));
    }
    return this.#closed;
  }

  /** From now on the file is removed with it, and bound anew if it is gone. @internal */
  takeFile(file: UnixFile): void {
    if (this.#closed === null) this.#transport.takeFile(this.id, file);
  }

  /** Takes ownership of the fd. @internal */
  replaceSocket(fd: number): void {
    this.#transport.replaceSocket(this.id, fd);
  }

  /** As `close()`, at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** At once, if it is aborted already. @internal */
  closeAtAbort(signal: AbortSignal): void {
    if (this.#closed !== null) return;
    const close = () => void this.close();
    signal.addEventListener('abort', close, { once: true });
    this.#forgetSignal = () => signal.removeEventListener('abort', close);
    if (signal.aborted) close();
  }

  /** Its own, or the dispatcher's. @internal */
  get policy(): ValidPolicy {
    return this.#options.policy ?? this.#owner.policy();
  }

  /** TLS sessions stay with their workers. @internal */
  get hasOwnTickets(): boolean {
    return this.#options.sticky?.keys.includes('tls-session') ?? false;
  }

  /** What comes may be another listener's. @internal */
  get hasRoutes(): boolean {
    return this.#options.route !== null;
  }

  /** Null if it has none, or a table. @internal */
  get routeFunction(): RouteFunction | null {
    return this.#options.route?.decide ?? null;
  }

  /** Others have been opened or closed. @internal */
  renewRoutes(open: readonly Listener[]): void {
    const { route } = this.#options;
    if (route === null) return;
    this.#options = { ...this.#options, routeTable: routeTable(route, this, open) };
    this.applyOptions();
  }

  /** It has no socket. @internal */
  get isVirtual(): boolean {
    return this.#options.isVirtual;
  }

  /** @internal */
  get hasOwnPolicy(): boolean {
    return this.#options.policy !== null;
  }

  /** Null counts, too. @internal */
  get hasOwnProxyProtocol(): boolean {
    return this.#options.proxyProtocol !== undefined;
  }

  /** Also after a change of the dispatcher's policy. @internal */
  applyOptions(): void {
    const proxyProtocol = proxyProtocolOf(
      this.#options.proxyProtocol,
      this.#owner.proxyProtocol(),
      this.#address,
    );
    this.#transport.configureListener(
      this.id,
      dealingOptions(this.#options, this.policy, proxyProtocol),
    );
  }

  /** @internal */
  stats(): ListenerStats {
    return {
      id: this.id,
      name: this.name,
      address: this.address(),
      policy: this.policy.name,
      paused: this.#isPaused || this.#owner.isPaused(),
      ...this.#transport.listenerCounts(this.id),
    };
  }
}

export function dealingOptions(
  options: ValidListenerOptions,
  policy: ValidPolicy,
  proxyProtocol: ValidProxyProtocol | null,
): DealingOptions {
  return { ...options, policy, proxyProtocol, sticky: options.sticky ?? null };
}

/** Looks a host name up, once, as `net.Server` does. Rejects with Node's own lookup error. */
export async function resolveTarget(place: ValidPlace): Promise<ListenTarget> {
  if (place.kind !== 'tcp') return place;
  const { host, ...rest } = place;
  const isName = host !== null && isIP(host) === 0;
  return { ...rest, ip: isName ? (await lookup(host)).address : host };
}
