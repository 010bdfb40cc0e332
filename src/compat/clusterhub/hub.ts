/** One hub: an emitter whose events reach the other processes, and the commands on its values. */

import { HubEmitter, linkOfProcess } from './emitter.js';
import type { LocalHub } from './link.js';
import { COMMANDS, type CommandName, type Commands, NOT_IMPLEMENTED } from './store/commands.js';
import type { Store } from './store/entries.js';

/** A command as a hub has it, with a callback or without. */
type Callable<Command> = Command extends (store: Store, ...args: infer Args) => infer Result
  ? {
      (...args: Args): Result | undefined;
      (...args: [...Args, callback: (result: Result) => void]): Result | undefined;
    }
  : never;

/**
 * The commands on values. The result is the last argument's, a callback; in the primary it is also what is
 * returned.
 */
export type HubCommands = Omit<{ [Name in CommandName]: Callable<Commands[Name]> }, 'move'> & {
  /** `db`: another hub, or its name. */
  move(
    key: string | number,
    db: string | ClusterHub,
    callback?: (isMoved: boolean) => void,
  ): boolean | undefined;
};

const hubs = new Map<string, ClusterHub>();

/** What a hub is without its commands; see {@link Hub}. */
export class ClusterHub extends HubEmitter {
  readonly #link = linkOfProcess();
  readonly #local: LocalHub;

  /** `createHub()` returns the one that is there already. */
  constructor(id = '') {
    super(id);
    hubs.set(id, this);
    this.#local = {
      id,
      deliver: (event, args) => void this.emitLocal(event, ...args),
      fail: (error) => this.#fail(error),
    };
    this.#link.add(this.#local);
  }

  /** Removes all listeners; forgets callbacks, and in the primary the values. */
  reset(): void {
    this.removeAllListeners();
    this.#link.reset(this.id);
  }

  /** No event comes from other processes or goes to them any more, and commands do nothing. */
  destroy(): void {
    if (this.isDestroyed) return;
    this.reset();
    this.setDestroyed();
    this.#link.remove(this.#local);
    if (hubs.get(this.id) === this) hubs.delete(this.id);
  }

  /** @internal */
  run(name: CommandName, args: unknown[]): unknown {
    if (this.isDestroyed) return undefined;
    const last = args.at(-1);
    const callback = typeof last === 'function' ? (last as (result: unknown) => void) : null;
    const words = (callback === null ? args : args.slice(0, -1)).map((arg) =>
      arg instanceof ClusterHub ? arg.id : arg,
    );
    return this.#link.command(this.id, name, words, callback);
  }

  /** As an error without a listener in any emitter, in a turn of its own. */
  #fail(error: Error): void {
    if (this.emitLocal('error', error)) return;
    process.nextTick(() => {
      throw error;
    });
  }
}

for (const name of Object.keys(COMMANDS) as CommandName[]) {
  define(name, function (this: ClusterHub, ...args: unknown[]) {
    return this.run(name, args);
  });
}
for (const name of NOT_IMPLEMENTED) {
  define(name, () => {
    throw new Error(`hub.${name}() is not implemented, nor is it in clusterhub`);
  });
}

const { prototype } = ClusterHub;
define('addListener', prototype.on);
define('subscribe', prototype.on);
define('removeListener', prototype.off);
define('unsubscribe', prototype.off);
define('publish', prototype.emit);
define('broadcast', prototype.emitRemote);

function define(name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(ClusterHub.prototype, name, { value, configurable: true, writable: true });
}

/** Names that mean the same. */
export interface HubAliases {
  addListener: ClusterHub['on'];
  subscribe: ClusterHub['on'];
  removeListener: ClusterHub['off'];
  unsubscribe: ClusterHub['off'];
  publish: ClusterHub['emit'];
  broadcast: ClusterHub['emitRemote'];
}

/** A hub; see {@link createHub}. */
export type Hub = ClusterHub & HubAliases & HubCommands;

/** `new Hub(name)` makes one also if there is one of that name, which hears nothing any more from other processes. */
export const Hub = ClusterHub as unknown as new (id?: string) => Hub;

/** The hub of that name: one in each process, all of which have the same events and values. */
export function createHub(id = ''): Hub {
  return (hubs.get(id) as Hub | undefined) ?? new Hub(id);
}

/** Calls back when this process has joined; in the primary, when all workers that it has forked have. */
export function ready(then: () => void): void {
  linkOfProcess().ready(then);
}
