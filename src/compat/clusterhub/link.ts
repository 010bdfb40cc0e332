/** What a hub needs of the process it is in: the primary has the values, the others ask it. */

import type { CommandName } from './store/commands.js';

/** A hub of this process. */
export interface LocalHub {
  readonly id: string;
  /** To its listeners. */
  deliver(event: string, args: unknown[]): void;
  /** A command without a caller that could be told has failed. */
  fail(error: Error): void;
}

export interface Link {
  add(hub: LocalHub): void;
  remove(hub: LocalHub): void;
  /** To all other processes that listen. */
  emit(hub: string, event: string, args: unknown[]): void;
  on(hub: string, event: string): void;
  off(hub: string, event: string): void;
  /** All listeners of the event, or of all events. */
  offAll(hub: string, event: string | null): void;
  /** The result, in the primary. */
  command(
    hub: string,
    name: CommandName,
    args: unknown[],
    callback: ((result: unknown) => void) | null,
  ): unknown;
  /** Forgets what waits: callbacks; in the primary the values. */
  reset(hub: string): void;
  ready(then: () => void): void;
}
