/**
 * Functions among the arguments of an event. The other process gets one in its place, which calls the first by a
 * key. It is forgotten when the other process has no use for it any more, or is gone.
 */

/** Arguments as they are sent: without the functions, which stood at these indices. */
export interface Packed {
  args: unknown[];
  functions: Array<[index: number, key: number]>;
}

type AnyFunction = (...args: unknown[]) => void;

/** What one peer can call. */
export class Functions {
  readonly #kept = new Map<number, AnyFunction>();
  #nextKey = 1;

  get size(): number {
    return this.#kept.size;
  }

  pack(args: readonly unknown[]): Packed {
    const { values, functions } = split(args);
    return { args: values, functions: functions.map(([index, fn]) => [index, this.#keep(fn)]) };
  }

  /** One that was not sent. */
  unpack(packed: Packed): void {
    for (const [, key] of packed.functions) this.#kept.delete(key);
  }

  call(key: number, args: unknown[]): void {
    this.#kept.get(key)?.(...args);
  }

  release(key: number): void {
    this.#kept.delete(key);
  }

  #keep(fn: AnyFunction): number {
    const key = this.#nextKey++;
    this.#kept.set(key, fn);
    return key;
  }
}

/** What can be cloned, and the functions with their places. */
export function split(args: readonly unknown[]): {
  values: unknown[];
  functions: Array<[number, AnyFunction]>;
} {
  const functions = [...args.entries()].filter(([, arg]) => typeof arg === 'function');
  return {
    values: args.filter((arg) => typeof arg !== 'function'),
    functions: functions as Array<[number, AnyFunction]>,
  };
}

export function join(values: readonly unknown[], functions: Array<[number, unknown]>): unknown[] {
  const args = [...values];
  // In the order of their places, so that each finds its own.
  for (const [index, fn] of functions) args.splice(index, 0, fn);
  return args;
}

/** The peer that has the functions. */
export interface Caller {
  call(key: number, args: unknown[]): void;
  release(key: number): void;
}

const unused = new FinalizationRegistry<() => void>((release) => release());

export function unpacked({ args, functions }: Packed, caller: Caller): unknown[] {
  return join(
    args,
    functions.map(([index, key]) => {
      const stub = (...words: unknown[]): void => caller.call(key, words);
      unused.register(stub, () => caller.release(key));
      return [index, stub];
    }),
  );
}
