/** All commands, by the names that clusterhub has for them. */

import type { Store } from './entries.js';
import * as hashes from './hashes.js';
import * as keys from './keys.js';
import * as lists from './lists.js';
import * as values from './values.js';

export const COMMANDS = { ...keys, ...values, ...hashes, ...lists };

export type Commands = typeof COMMANDS;
export type CommandName = keyof Commands;

/** Those that clusterhub documents and throws `Not implemented` for. */
export const NOT_IMPLEMENTED = ['object', 'sort', 'getbit', 'setbit', 'linsert'] as const;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

export function run(store: Store, name: CommandName, args: readonly unknown[]): unknown {
  const command = COMMANDS[name] as (store: Store, ...args: readonly unknown[]) => unknown;
  return command(store, ...args);
}
