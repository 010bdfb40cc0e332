/**
 * rondo's part in the events of what is the program's, such as `process` or its child processes. It is in
 * none of their lists: whoever looks at or counts the listeners of an event, or removes them all, finds the
 * program's alone. It works in front of the emitter's `emit`, which others replace and call, too, and is the
 * only property that is set.
 */

import { EventEmitter } from 'node:events';

/** Of `node:events`, of any type of events. */
export interface Emitter {
  emit(...args: never[]): boolean;
}

/** `next()` calls the program's listeners, and says whether there are any. */
export type Around = (args: unknown[], next: () => boolean) => boolean;

type Emit = (this: unknown, type: string | symbol, ...args: unknown[]) => boolean;
type Arounds = Map<string | symbol, readonly Around[]>;

const all = new WeakMap<Emitter, Arounds>();

/** What is called in place of an event's listeners, the last one added first. Returns what ends that. */
export function around(emitter: Emitter, event: string | symbol, wrapper: Around): () => void {
  const arounds = all.get(emitter) ?? install(emitter);
  arounds.set(event, [wrapper, ...(arounds.get(event) ?? [])]);
  return () => {
    const others = (arounds.get(event) ?? []).filter((other) => other !== wrapper);
    if (others.length === 0) arounds.delete(event);
    else arounds.set(event, others);
  };
}

/** Is called before the program's listeners. It keeps a process from nothing, such as ending. */
export function before(
  emitter: Emitter,
  event: string | symbol,
  listener: (...args: never[]) => void,
): () => void {
  return around(emitter, event, (args, next) => {
    (listener as (...args: unknown[]) => void)(...args);
    return next();
  });
}

/** Is called after the program's listeners, unless one of them throws. */
export function after(
  emitter: Emitter,
  event: string | symbol,
  listener: (...args: never[]) => void,
): () => void {
  return around(emitter, event, (args, next) => {
    const hasAny = next();
    (listener as (...args: unknown[]) => void)(...args);
    return hasAny;
  });
}

function install(emitter: Emitter): Arounds {
  const arounds: Arounds = new Map();
  all.set(emitter, arounds);
  const own = Object.getOwnPropertyDescriptor(emitter, 'emit');
  Object.defineProperty(emitter, 'emit', {
    configurable: true,
    writable: true,
    // As its own it would be seen in a list of the properties.
    enumerable: own?.enumerable ?? false,
    value: function emit(this: unknown, type: string | symbol, ...args: unknown[]): boolean {
      // node:domain replaces the prototype's.
      const inherited = (own?.value ?? inheritedFrom(emitter)) as Emit;
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
  return arounds;
}

function inheritedFrom(emitter: Emitter): unknown {
  return Object.getPrototypeOf(emitter)?.emit ?? EventEmitter.prototype.emit;
}
