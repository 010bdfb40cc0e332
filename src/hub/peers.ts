/** The other members, what they listen for, and who is meant by a target. */

import type { Change, Introduction } from './control.js';
import { Link, type LinkHost } from './link.js';
import type { Member, Target } from './types.js';

export interface Peer {
  readonly member: Member;
  readonly address: string;
  readonly startedAt: number;
  readonly listens: Set<string>;
  readonly handles: Set<string>;
  readonly link: Link;
}

const NOBODY: readonly Peer[] = [];

export class Peers {
  readonly #host: LinkHost;
  readonly #onRefused: (peer: Peer) => void;
  /** By their ids. */
  readonly #peers = new Map<string, Peer>();
  /** Oldest first; those that listen for an event. Both are made when they are asked for. */
  #sorted: readonly Peer[] | null = null;
  readonly #listening = new Map<string, readonly Peer[]>();

  constructor(host: LinkHost, onRefused: (peer: Peer) => void) {
    this.#host = host;
    this.#onRefused = onRefused;
  }

  get size(): number {
    return this.#peers.size;
  }

  get(id: string): Peer | undefined {
    return this.#peers.get(id);
  }

  all(): readonly Peer[] {
    this.#sorted ??= [...this.#peers.values()].sort((a, b) => a.startedAt - b.startedAt);
    return this.#sorted;
  }

  /** One that is known already has joined anew, and may listen for other events. */
  add({ id, pid, seat, role, address, startedAt, listens, handles }: Introduction): void {
    const known = this.#peers.get(id);
    this.#forget();
    if (known !== undefined) {
      replace(known.listens, listens);
      replace(known.handles, handles);
      return;
    }
    const peer: Peer = {
      member: Object.freeze({ id, pid, seat, role }),
      address,
      startedAt,
      listens: new Set(listens),
      handles: new Set(handles),
      link: new Link(address, this.#host, () => this.#onRefused(peer)),
    };
    this.#peers.set(id, peer);
  }

  change(id: string, { listens, handles, noListens, noHandles }: Change): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    for (const name of listens) peer.listens.add(name);
    for (const name of handles) peer.handles.add(name);
    for (const name of noListens) peer.listens.delete(name);
    for (const name of noHandles) peer.handles.delete(name);
    this.#forget();
  }

  /** False: it is not there any more. */
  remove(peer: Peer): boolean {
    if (this.#peers.get(peer.member.id) !== peer) return false;
    this.#peers.delete(peer.member.id);
    this.#forget();
    peer.link.close();
    return true;
  }

  listeningFor(event: string): readonly Peer[] {
    if (this.#peers.size === 0) return NOBODY;
    let found = this.#listening.get(event);
    if (found === undefined) {
      found = this.all().filter(({ listens }) => listens.has(event));
      this.#listening.set(event, found);
    }
    return found;
  }

  /** Those that are meant by a target, but for this process itself and 'random'. */
  find(target: Exclude<Target, 'random'>): readonly Peer[] {
    const all = this.all();
    if (target === 'workers') return all.filter(({ member }) => member.role === 'worker');
    const isMeant = matcher(target);
    const newest = all.findLast(({ member }) => isMeant(member));
    return newest === undefined ? NOBODY : [newest];
  }

  #forget(): void {
    this.#sorted = null;
    this.#listening.clear();
  }
}

export function matcher(target: Exclude<Target, 'random' | 'workers'>): (one: Member) => boolean {
  if (typeof target === 'number') return ({ role, seat }) => role === 'worker' && seat === target;
  if (typeof target === 'string') return ({ role }) => role === target;
  if ('id' in target) return ({ id }) => id === target.id;
  return ({ pid, role }) => pid === target.pid && role !== 'thread';
}

function replace(set: Set<string>, values: readonly string[]): void {
  set.clear();
  for (const value of values) set.add(value);
}
