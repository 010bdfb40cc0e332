/**
 * This process as a member, from the first use of the hub until `close()`: what it sends goes out by the link of
 * each peer, what comes in is given to the host.
 */

import { randomBytes } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { Counters } from './counters.js';
import { rendezvous } from './environment.js';
import { preamble } from './frames.js';
import { hello, Inbox, type Self, type Sender } from './inbox.js';
import { Link, type LinkHost } from './link.js';
import { Membership } from './membership.js';
import type { Message } from './messages.js';
import type { ValidHubOptions } from './options.js';
import { Outbox } from './outbox.js';
import { matcher, type Peer, Peers } from './peers.js';
import { Requests } from './requests.js';
import type { Member, Target } from './types.js';

export interface SessionHost {
  readonly counters: Counters;
  options(): ValidHubOptions;
  onMessage(sender: Sender, message: Message): void;
  /** When what it had sent has been read. */
  onLeft(id: string): void;
}

/** How long `close()` waits for readers. */
const CLOSE_MS = 5_000;

export class Session {
  readonly self: Member;
  readonly requests = new Requests();
  readonly outbox = new Outbox();
  readonly peers: Peers;
  readonly #tellLeft: (id: string) => void;
  readonly membership: Membership;
  readonly #self: Self;
  readonly #inbox: Inbox;
  readonly #linkHost: LinkHost;
  /** To senders that the directory has not named yet. */
  readonly #strays = new Map<string, Link>();
  #hasJoined = false;
  #onJoined: Array<() => void> = [];

  /** Throws `ERR_RONDO_PROTOCOL_VERSION`, or a system error. */
  constructor({ counters, options, onMessage, onLeft }: SessionHost) {
    this.#tellLeft = onLeft;
    const { token, address, role, seat } = rendezvous();
    this.#inbox = new Inbox(token, onMessage);
    const id = `${process.pid}.${threadId}.${randomBytes(8).toString('hex')}`;
    this.self = Object.freeze({ id, pid: process.pid, seat, role });
    this.#self = { ...this.self, address: this.#inbox.address, startedAt: startedAt() };
    const opening = Buffer.concat([preamble(token), hello(this.#self)]);
    this.#linkHost = { opening, counters, options };
    this.peers = new Peers(this.#linkHost, (peer) => this.#onGone(peer));
    this.membership = new Membership(
      { address, token },
      {
        self: this.#self,
        peers: this.peers,
        onJoined: () => this.#setJoined(),
        onLeft: (peer) => this.#onGone(peer),
      },
    );
  }

  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  get refused(): number {
    return this.#inbox.refused;
  }

  whenJoined(): Promise<void> {
    if (this.#hasJoined) return Promise.resolve();
    return new Promise((resolve) => this.#onJoined.push(resolve));
  }

  /** Whether one process is meant, and it is this one. */
  isSelf(target: Target): boolean {
    if (target === 'workers' || target === 'random' || !matcher(target)(this.self)) return false;
    const [peer] = this.peers.find(target);
    return peer === undefined || peer.startedAt < this.#self.startedAt;
  }

  /** All that are meant, but for this process; of 'random' all of which one may be taken. */
  find(target: Target): readonly Peer[] {
    return this.peers.find(target === 'random' ? 'workers' : target);
  }

  /** To who has asked. */
  linkTo({ id }: Member, address: string): Link {
    const known = this.peers.get(id)?.link ?? this.#strays.get(id);
    if (known !== undefined) return known;
    const link = new Link(address, this.#linkHost, () => this.#strays.delete(id));
    this.#strays.set(id, link);
    return link;
  }

  links(): Link[] {
    return [...this.peers.all().map(({ link }) => link), ...this.#strays.values()];
  }

  /** Leaves when all is sent, or after a while. */
  async close(error: Error): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    const isDue = this.outbox.length > 0 ? this.whenJoined() : Promise.resolve();
    const done = isDue.then(() => Promise.all(this.links().map((link) => link.drained())));
    await Promise.race([done, late]);
    clearTimeout(timer);
    this.requests.rejectAll(error);
    this.outbox.drop('gone');
    this.membership.leave();
    for (const link of this.links()) link.close();
    this.#inbox.close();
  }

  #setJoined(): void {
    this.#hasJoined = true;
    this.outbox.run();
    for (const resolve of this.#onJoined.splice(0)) resolve();
  }

  #onGone(peer: Peer): void {
    if (!this.peers.remove(peer)) return;
    // Its last answers may not be read yet.
    this.#inbox.whenRead(peer.member.id, () => {
      this.requests.onGone(peer);
      this.#tellLeft(peer.member.id);
    });
  }
}

/** When this process started, on the clock that all of the machine share. */
function startedAt(): number {
  return Number(process.hrtime.bigint()) / 1e6 - process.uptime() * 1000;
}
