/**
 * What a primary without the addon keeps for all processes of the program, and how it answers their calls: the counters,
 * limiters and maps of rondo/shared, each found by its name. It ends with the primary.
 */

import { sizesDiffer } from '../checks.js';
import type { LimiterOptions, MapOptions } from '../types.js';
import { PlainCounters } from './counters.js';
import { PlainLimiter } from './limiter.js';
import { PlainMap } from './map.js';

/** What a process asks: of which thing, what, and its arguments, which that process has checked. */
export type Call = CounterCall | LimiterCall | MapCall;
type CounterCall =
  | ['counter', name: string, method: 'get']
  | ['counter', name: string, method: 'add' | 'set', n: number]
  | ['counter', name: string, method: 'compareAndSet', expected: number, value: number];
type LimiterCall =
  | ['limiter', Required<LimiterOptions>, method: 'take' | 'giveBack', key: string, n: number]
  | ['limiter', Required<LimiterOptions>, method: 'peek' | 'reset', key: string];
type MapCall =
  | ['map', Required<MapOptions>, method: 'get' | 'has' | 'delete', key: string]
  | ['map', Required<MapOptions>, 'set', key: string, value: Uint8Array, ttlMs: number];

type Kept<Thing, Options> = Map<string, { thing: Thing; options: Options }>;

/** Resolves with what the method of the same name promises. */
export type Ask = (call: Call) => Promise<unknown>;

export class PlainStore {
  readonly #counters = new PlainCounters();
  readonly #limiters: Kept<PlainLimiter, Required<LimiterOptions>> = new Map();
  readonly #maps: Kept<PlainMap, Required<MapOptions>> = new Map();
  readonly #now: () => number;

  constructor(now = (): number => Math.floor(performance.now())) {
    this.#now = now;
  }

  counters(): Iterable<[name: string, value: number]> {
    return this.#counters.all();
  }

  answer(call: Call): unknown {
    switch (call[0]) {
      case 'counter':
        return this.#ofCounter(call);
      case 'limiter':
        return this.#ofLimiter(call);
      case 'map':
        return this.#ofMap(call);
    }
  }

  #ofCounter(call: CounterCall): unknown {
    const name = call[1];
    switch (call[2]) {
      case 'get':
        return this.#counters.get(name);
      case 'add':
        return this.#counters.add(name, call[3]);
      case 'set':
        return this.#counters.set(name, call[3]);
      case 'compareAndSet':
        return this.#counters.compareAndSet(name, call[3], call[4]);
    }
  }

  #ofLimiter(call: LimiterCall): unknown {
    const [, options, , key] = call;
    const { algorithm, entries } = options;
    const limiter = kept(
      'limiter',
      this.#limiters,
      options,
      { algorithm, entries },
      () => new PlainLimiter(options, entries, this.#now),
    );
    limiter.use(options);
    switch (call[2]) {
      case 'take':
        return limiter.take(key, call[4], options.whenFull);
      case 'peek':
        return limiter.take(key, 0, options.whenFull);
      case 'giveBack':
        return limiter.giveBack(key, call[4]);
      case 'reset':
        return limiter.reset(key);
    }
  }

  #ofMap(call: MapCall): unknown {
    const [, options, , key] = call;
    const { entries, keyBytes, valueBytes } = options;
    const map = kept(
      'map',
      this.#maps,
      options,
      { entries, keyBytes, valueBytes },
      () => new PlainMap(entries, this.#now),
    );
    switch (call[2]) {
      case 'get':
        return map.get(key);
      case 'has':
        return map.has(key);
      case 'delete':
        return map.delete(key);
      case 'set':
        return map.set(key, call[4], call[5], options.whenFull);
    }
  }
}

/** The one of that name, made if there is none; `sizes` are those of the options in which all processes must agree. */
function kept<Thing, Options extends { readonly name: string }>(
  kind: string,
  things: Kept<Thing, Options>,
  options: Options,
  sizes: Record<string, unknown>,
  make: () => Thing,
): Thing {
  const known = things.get(options.name);
  if (known === undefined) {
    const thing = make();
    things.set(options.name, { thing, options });
    return thing;
  }
  const existing: Record<string, unknown> = { ...known.options };
  if (Object.entries(sizes).some(([key, value]) => existing[key] !== value)) {
    throw sizesDiffer(kind, options.name, sizes, existing);
  }
  return known.thing;
}
