/**
 * The listeners of this process. As those of an EventEmitter, but no name of an event is special, and a list is
 * replaced and never changed, so that who is called is known when a message comes.
 */

export type AnyListener = (...args: never[]) => void;

interface Registered {
  readonly listener: AnyListener;
  readonly isOnce: boolean;
}

export class Listeners {
  readonly #lists = new Map<string, readonly Registered[]>();
  readonly #onChange: (event: string, isListening: boolean) => void;

  /** `onChange`: the first listener of an event has come, or the last has gone. */
  constructor(onChange: (event: string, isListening: boolean) => void) {
    this.#onChange = onChange;
  }

  add(event: string, listener: AnyListener, isOnce: boolean): void {
    const list = this.#lists.get(event);
    this.#lists.set(event, [...(list ?? []), { listener, isOnce }]);
    if (list === undefined) this.#onChange(event, true);
  }

  /** The one that was added last, as EventEmitter does. */
  remove(event: string, listener: AnyListener): void {
    const list = this.#lists.get(event) ?? [];
    const index = list.findLastIndex((one) => one.listener === listener);
    if (index >= 0) this.#set(event, list.toSpliced(index, 1));
  }

  removeAll(event?: string): void {
    const events = event === undefined ? [...this.#lists.keys()] : [event];
    for (const name of events) if (this.#lists.has(name)) this.#set(name, []);
  }

  count(event: string): number {
    return this.#lists.get(event)?.length ?? 0;
  }

  /**
   * Calls them in their order. `onError` is given what one throws, and the others are called, too; without it the error
   * is the caller's.
   */
  call(event: string, args: unknown[], onError?: (error: unknown) => void): boolean {
    const list = this.#lists.get(event);
    if (list === undefined) return false;
    for (const one of list) {
      if (one.isOnce && !this.#take(event, one)) continue;
      if (onError === undefined) {
        (one.listener as (...args: unknown[]) => void)(...args);
        continue;
      }
      try {
        (one.listener as (...args: unknown[]) => void)(...args);
      } catch (error) {
        onError(error);
      }
    }
    return true;
  }

  /** False: it was called already, by a message within this one. */
  #take(event: string, one: Registered): boolean {
    const list = this.#lists.get(event) ?? [];
    if (!list.includes(one)) return false;
    this.#set(
      event,
      list.filter((other) => other !== one),
    );
    return true;
  }

  #set(event: string, list: readonly Registered[]): void {
    if (list.length > 0) {
      this.#lists.set(event, list);
      return;
    }
    this.#lists.delete(event);
    this.#onChange(event, false);
  }
}
