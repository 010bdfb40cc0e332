/** The primary's side: it has the values, knows who listens for what, and sends on what the others say. */

import { hub as family, onLeft } from '../../hub/index.js';
import { join, unpacked } from './functions.js';
import type { Link, LocalHub } from './link.js';
import { Member } from './member.js';
import { PRIMARY_IS_THERE, TO_PRIMARY, type ToPrimary } from './messages.js';
import { type CommandName, isCommand, run } from './store/commands.js';
import { Store } from './store/entries.js';
import { Waiting } from './waiting.js';

export class Broker implements Link {
  readonly #hubs = new Map<string, LocalHub>();
  readonly #stores = new Map<string, Store>();
  readonly #members = new Map<string, Member>();
  readonly #waiting = new Waiting(() => this.#callReady());
  #onReady: Array<() => void> = [];

  constructor() {
    onLeft((id) => this.#members.delete(id));
    family.on(TO_PRIMARY, (message) => this.#receive(message as ToPrimary));
    family.ready().then(
      () => family.emit(PRIMARY_IS_THERE),
      () => {},
    );
  }

  add(hub: LocalHub): void {
    this.#hubs.set(hub.id, hub);
  }

  remove(hub: LocalHub): void {
    if (this.#hubs.get(hub.id) === hub) this.#hubs.delete(hub.id);
  }

  emit(hub: string, event: string, args: unknown[]): void {
    this.#sendAndKeep(hub, event, args, null);
  }

  // Its own listeners are called without being asked for.
  on(): void {}
  off(): void {}
  offAll(): void {}

  command(
    hub: string,
    name: CommandName,
    args: unknown[],
    callback: ((result: unknown) => void) | null,
  ): unknown {
    const result = run(this.#store(hub), name, args);
    if (callback !== null) process.nextTick(callback, result);
    return result;
  }

  reset(hub: string): void {
    this.#stores.get(hub)?.clear();
    this.#stores.delete(hub);
  }

  ready(then: () => void): void {
    if (this.#members.size > 0 && !this.#waiting.isAny) then();
    else this.#onReady.push(then);
  }

  #store(hub: string): Store {
    const found = this.#stores.get(hub);
    if (found !== undefined) return found;
    const store = new Store(
      (event, args) => {
        this.#send(hub, event, args, null);
        if (this.#waiting.isAny && areCloneable(args)) {
          this.#waiting.keep(hub, event, args, null);
        }
        this.#hubs.get(hub)?.deliver(event, args);
      },
      (name) => this.#store(name),
    );
    this.#stores.set(hub, store);
    return store;
  }

  #receive(message: ToPrimary): void {
    const sender = family.sender();
    if (sender === null) return;
    if (message.kind === 'hello') {
      return this.#welcome(sender.id, sender.role === 'thread' ? null : sender.pid);
    }
    const member = this.#members.get(sender.id);
    if (member === undefined) return;
    switch (message.kind) {
      case 'ready':
        return this.#giveWhatWaited(member);
      case 'emit':
        return this.#onEmit(member, message);
      case 'on':
        return member.listening.add(message.hub, message.event);
      case 'off':
        return member.listening.remove(message.hub, message.event);
      case 'off-all':
        return member.listening.removeAll(message.hub, message.event);
      case 'command':
        return this.#answer(member, message);
      case 'call':
        return member.functions.call(message.key, unpacked(message, member.caller));
      case 'release':
        return member.functions.release(message.key);
    }
  }

  #welcome(id: string, pid: number | null): void {
    const member = new Member(id, pid);
    this.#members.set(id, member);
    member.welcome(this.#waiting.droppedFor(pid));
  }

  #giveWhatWaited(member: Member): void {
    for (const { hub, event, values, functions } of this.#waiting.take(member.pid)) {
      if (member.listening.has(hub, event)) {
        member.event(hub, event, join(values, functions));
      }
    }
    if (!this.#waiting.isAny) this.#callReady();
  }

  #callReady(): void {
    for (const then of this.#onReady.splice(0)) then();
  }

  #sendAndKeep(hub: string, event: string, args: unknown[], except: Member | null): void {
    this.#send(hub, event, args, except);
    this.#waiting.keep(hub, event, args, except?.pid ?? null);
  }

  #send(hub: string, event: string, args: unknown[], except: Member | null): void {
    for (const member of this.#members.values()) {
      // What is said before it is ready is kept for it.
      if (member === except || this.#waiting.isWaitingFor(member.pid)) continue;
      if (member.listening.has(hub, event)) {
        member.event(hub, event, args);
      }
    }
  }

  #onEmit(member: Member, message: ToPrimary & { kind: 'emit' }): void {
    const { hub, event } = message;
    const args = unpacked(message, member.caller);
    try {
      this.#sendAndKeep(hub, event, args, member);
    } catch (error) {
      // Too large for this process, for instance: an error of whoever said it.
      member.failure(hub, null, error);
    }
    this.#hubs.get(hub)?.deliver(event, args);
  }

  #answer(member: Member, { hub, name, args, key }: ToPrimary & { kind: 'command' }): void {
    try {
      if (!isCommand(name)) throw new Error(`There is no command '${name}'`);
      const result = run(this.#store(hub), name, args);
      if (key !== null) member.result(hub, key, result);
    } catch (error) {
      member.failure(hub, key, error);
    }
  }
}

/** The primary may keep values that it can tell nobody. */
function areCloneable(args: readonly unknown[]): boolean {
  try {
    structuredClone(args.filter((arg) => typeof arg !== 'function'));
    return true;
  } catch {
    return false;
  }
}
