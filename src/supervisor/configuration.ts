/**
 * A Supervisor's options as they were given and as they are. The program is looked up by the constructor
 * and by a reload only: in between, its release may have been deleted.
 */

import { type Machine, machine as machineNow } from './machine.js';
import { type ValidSupervisorOptions, validateSupervisorOptions } from './options.js';
import { validate } from './program.js';
import type { DealingChanges, ReloadOptions, SupervisorOptions } from './types.js';

/** What was found when the program was looked up, which is not done again in between. */
type Found = Pick<ValidSupervisorOptions, 'exec' | 'cwd' | 'fileEnv' | 'execArgv' | 'agentArgv'>;

/** What of the options may pass from one process to the next. */
export type Changeable = Partial<Omit<SupervisorOptions, 'sockets'>>;

/** What changes at once, without new workers. */
const DEALING: Record<keyof DealingChanges, true> = {
  policy: true,
  window: true,
  takeBackMs: true,
  maxOpenConnections: true,
  pickTimeoutMs: true,
  rebalance: true,
  proxyProtocol: true,
};

export class Configuration {
  /** What the program gives by itself: at its start, and what it has read again since. */
  #base: SupervisorOptions;
  #given: SupervisorOptions;
  #valid: ValidSupervisorOptions;
  /** By which the workers and their memory were reckoned. */
  #machine: Machine = machineNow();

  /** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`, as all methods do. */
  constructor(base: SupervisorOptions, given = base) {
    this.#base = base;
    this.#given = given;
    this.#valid = validate(given, this.#machine);
  }

  get valid(): ValidSupervisorOptions {
    return this.#valid;
  }

  /** As they are now, with defaults. */
  get inForce(): SupervisorOptions {
    // What a program has not given stays inside; the variables of files may be secrets.
    const { dispatcher, cwd: _cwd, agent, fileEnv: _env, agentArgv: _argv, ...rest } = this.#valid;
    const { maxConnections, ...dealing } = dispatcher;
    const maxOpenConnections = maxConnections;
    return { ...rest, ...dealing, maxOpenConnections, ...(agent !== null && { agent }) };
  }

  /** For another process: what the program gives, and what has been changed besides. */
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
  change(changes: Partial<SupervisorOptions>, found: Found = this.#valid): void {
    const given = { ...this.#given, ...changes };
    const { exec, cwd, fileEnv, execArgv, agentArgv } = found;
    const kept = { exec, cwd, fileEnv, execArgv, agentArgv, agent: this.#valid.agent };
    // With a change of how connections are dealt the number of workers stays, whatever the machine gives by now.
    const machine = Object.keys(changes).every(isDealing) ? this.#machine : machineNow();
    const valid = { ...validateSupervisorOptions(given, machine), ...kept };
    this.#machine = machine;
    this.#given = given;
    this.#valid = valid;
  }

  /** The program gives these by itself from now on. */
  rebase(changes: Changeable): void {
    this.#base = { ...this.#base, ...changes };
  }

  /** What the program gives by itself for those; undefined, which stands for the default, where that is nothing. */
  given(keys: readonly string[]): Changeable {
    return Object.fromEntries(keys.map((key) => [key, this.#base[key as never]]));
  }

  /** Those of the changes that need no new workers. */
  dealingOf(changes: ReloadOptions): DealingChanges {
    return pick(changes, Object.keys(changes));
  }

  /** What would undo these changes. */
  undoing(changes: DealingChanges): DealingChanges {
    return pick(this.#given, Object.keys(changes));
  }

  /** Those of the changes that have not been changed again since. */
  stillInForce(changes: DealingChanges): string[] {
    const keys = Object.keys(changes) as Array<keyof DealingChanges>;
    return keys.filter((key) => this.#given[key] === changes[key]);
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

/** Those that need no new workers. */
export function isDealing(key: string): boolean {
  return key in DEALING;
}

/** Those that are not in `from` become undefined, which stands for the default. */
function pick(from: ReloadOptions, keys: string[]): DealingChanges {
  const own = keys.filter(isDealing) as Array<keyof DealingChanges>;
  return Object.fromEntries(own.map((key) => [key, from[key]]));
}
