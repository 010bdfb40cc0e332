/** One of the other processes, as the primary knows it: what it listens for, and which functions it may call. */

import { hub as family } from '../../hub/index.js';
import { type Caller, Functions, type Packed } from './functions.js';
import { Listening } from './listening.js';
import { type Failure, type ToMember, toMember } from './messages.js';

export class Member {
  readonly id: string;
  /** Null for a thread, which nobody waits for. */
  readonly pid: number | null;
  readonly listening = new Listening();
  /** What it was given, and may call. */
  readonly functions = new Functions();
  /** Those that it has. */
  readonly caller: Caller;

  constructor(id: string, pid: number | null) {
    this.id = id;
    this.pid = pid;
    this.caller = {
      call: (key, args) => this.#send(args, (packed) => ({ kind: 'call', key, ...packed })),
      release: (key) => this.#say({ kind: 'release', key }),
    };
  }

  /** `missed`: how many messages from before could not be kept for it. */
  welcome(missed: number): void {
    this.#say({ kind: 'welcome', missed });
  }

  event(hub: string, event: string, args: unknown[]): void {
    this.#send(args, (packed) => ({ kind: 'emit', hub, event, ...packed }));
  }

  result(hub: string, key: number, result: unknown): void {
    this.#say({ kind: 'result', hub, key, result, error: null });
  }

  /** What it has asked for has failed. */
  failure(hub: string, key: number | null, thrown: unknown): void {
    const { name, message, code } = thrown as Error & { code?: string };
    const error: Failure = { name, message, ...(code !== undefined && { code }) };
    this.#say({ kind: 'result', hub, key, result: null, error });
  }

  #send(args: unknown[], message: (packed: Packed) => ToMember): void {
    const packed = this.functions.pack(args);
    try {
      this.#say(message(packed));
    } catch (error) {
      this.functions.unpack(packed);
      throw error;
    }
  }

  #say(message: ToMember): void {
    family.emit(toMember(this.id), message);
  }
}
