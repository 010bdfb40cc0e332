/**
 * A Supervisor's options as they were given and as they are. The program is looked up by the constructor
 * and by a reload only: in between, its release may have been deleted.
 */

import { type ValidSupervisorOptions, validateSupervisorOptions } from './options.js';
import { validate } from './program.js';
import type { DealingChanges, ReloadOptions, SupervisorOptions } from './types.js';

/** What of the options may pass from one process to the next. */
export type Changeable = Partial<Omit<SupervisorOptions, 'sockets'>>;

/** What changes at once, without new workers. */
const DEALING: Record<keyof DealingChanges, true> = {
  policy: true,
  window: true,
  takeBackMs: true,
  maxOpenConnections: true,
  pickTimeoutMs: true,
};

export class Configuration {
  /** What the program has given, before anything was changed. */
  readonly #base: SupervisorOptions;
  #given: SupervisorOptions;
  #valid: ValidSupervisorOptions;

  /** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`, as all methods do. */
  constructor(base: SupervisorOptions, given = base) {
    this.#base = base;
    this.#given = given;
    this.#valid = validate(given);
  }

  get valid(): ValidSupervisorOptions {
    return this.#valid;
  }

  /** For another process: what the program has given, and what has been changed since. */
  get base(): Changeable {
    return passable(this.#base);
  }

  get changed(): Changeable {
    const changed = Object.entries(passable(this.#given)).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(this.#base[key as never]),
    );
    return Object.fromEntries(changed);
  }

  /** What it would be with these changes, and with the program where it is now. */
  with(changes: ReloadOptions): ValidSupervisorOptions {
    return validate({ ...this.#given, ...changes });
  }

  /** The program and its working directory stay, unless they are given where they were found. */
  change(changes: Partial<SupervisorOptions>, { exec, cwd } = this.#valid): void {
    const given = { ...this.#given, ...changes };
    const valid = { ...validateSupervisorOptions(given), exec, cwd, agent: this.#valid.agent };
    this.#given = given;
    this.#valid = valid;
  }

  /** Those of the changes that need no new workers. */
  dealingOf(changes: ReloadOptions): DealingChanges {
    return pick(changes, Object.keys(changes));
  }

  /** What would undo these changes. */
  undoing(changes: DealingChanges): DealingChanges {
    return pick(this.#given, Object.keys(changes));
  }
}

/**
 * The options of a process that takes another one's place. What was changed there holds here, too, unless the
 * program now says something else than it said there.
 */
export function withChanges(
  options: SupervisorOptions,
  { given, changed }: { given: Changeable; changed: Changeable },
): SupervisorOptions {
  const held = Object.entries(changed).filter(
    ([key]) => JSON.stringify(options[key as never]) === JSON.stringify(given[key as never]),
  );
  return { ...options, ...Object.fromEntries(held) };
}

/** Without sockets, which pass in another way, and functions, which do not. */
function passable({ sockets: _, ...options }: SupervisorOptions): Changeable {
  return JSON.parse(JSON.stringify(options)) as Changeable;
}

/** Those that are not in `from` become undefined, which stands for the default. */
function pick(from: ReloadOptions, keys: string[]): DealingChanges {
  const own = keys.filter((key) => key in DEALING) as Array<keyof DealingChanges>;
  return Object.fromEntries(own.map((key) => [key, from[key]]));
}
