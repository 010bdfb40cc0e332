/**
 * rondo's part in the events of `process`. It is in none of its lists: whoever looks at or counts
 * the listeners of an event, or removes them all, finds the program's alone. It works in front of
 * `process.emit`, which others replace and call, too, and is the only property of `process` that is set.
 */

import { EventEmitter } from 'node:events';

/** `next()` calls the program's listeners, and says whether there are any. */
export type Around = (args: unknown[], next: () => boolean) => boolean;

type Emit = (this: unknown, type: string | symbol, ...args: unknown[]) => boolean;

const arounds = new Map<string | symbol, Around[]>();

/** What is called in place of an event's listeners, the last one added first. Returns what ends that. */
export function around(event: string | symbol, wrapper: Around): () => void {
  install();
  arounds.set(event, [wrapper, ...(arounds.get(event) ?? [])]);
  return () => {
    const others = (arounds.get(event) ?? []).filter((other) => other !== wrapper);
    if (others.length === 0) arounds.delete(event);
    else arounds.set(event, others);
  };
}

/** Is called before the program's listeners. It keeps the process from nothing, such as ending. */
export function before(event: string | symbol, listener: (...args: never[]) => void): () => void {
  return around(event, (args, next) => {
    (listener as (...args: unknown[]) => void)(...args);
    return next();
  });
}

/** The same, after them, unless one of them throws. */
export function after(event: string | symbol, listener: (...args: never[]) => void): () => void {
  return around(event, (args, next) => {
    const isHeard = next();
    (listener as (...args: unknown[]) => void)(...args);
    return isHeard;
  });
}

let isInstalled = false;

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  const own = Object.getOwnPropertyDescriptor(process, 'emit');
  Object.defineProperty(process, 'emit', {
    configurable: true,
    writable: true,
    // As its own it would be seen in a list of the properties of `process`.
    enumerable: own?.enumerable ?? false,
    value: function emit(this: unknown, type: string | symbol, ...args: unknown[]): boolean {
      // node:domain replaces the prototype's.
      const inherited = (own?.value ?? EventEmitter.prototype.emit) as Emit;
      const wrappers = arounds.get(type);
      if (wrappers === undefined) return inherited.call(this, type, ...args);
      const call = (index: number): boolean => {
        const wrapper = wrappers[index];
        return wrapper === undefined
          ? inherited.call(this, type, ...args)
          : wrapper(args, () => call(index + 1));
      };
      return call(0);
    },
  });
}
