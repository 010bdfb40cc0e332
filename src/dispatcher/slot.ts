/**
 * A slot: a worker's place. Gives a child process its channel, learns of its life, and takes the
 * next process when that one is gone.
 *
 *   open ──assign──▶ starting ──▶ ready ◀──▶ drained        close(): ▶ closed, from anywhere
 *    ▲                  │           │           │
 *    └───────exit───────┴───────────┴───────────┴──▶ retired ──exit──▶ open
 */

import type { ChildProcess } from 'node:child_process';
import { invalidOption, RondoError } from '../errors.js';
import { familyEnvironment } from '../family.js';
import { around, before } from '../hidden-listeners.js';
import type { SlotOptions, SlotSpawnOptions, SpawnedWith } from '../types/options.js';
import type { SlotGoneInfo, SlotState, SlotStats } from '../types/stats.js';
import { validateSlotOptions, validateSpawnOptions } from './options.js';
import type { Tally } from './tally.js';
import type { LoopFigures, SlotChannel, Transport } from './transport.js';

const NO_LOOP: LoopFigures = {
  heartbeatAgeMs: null,
  loopDelayMs: null,
  utilisation: null,
  memoryBytes: null,
};

/** What a slot tells its dispatcher. */
export interface SlotOwner {
  onReady(slot: Slot): void;
  onRetired(slot: Slot, error: Error): void;
  onGone(slot: Slot, info: SlotGoneInfo): void;
  onClosed(slot: Slot): void;
  /** After each transition. */
  onState(): void;
}

/**
 * A worker's place, numbered from 0. Made by `dispatcher.openSlot()`. Spawn a process with its
 * `stdio` and `env`, `assign` the process; when it is gone (`'slot:gone'`), do the same again.
 */
export class Slot {
  /** The number, which names the slot in stats. A replacement worker takes it over. */
  readonly id: number;
  readonly #transport: Transport;
  readonly #owner: SlotOwner;
  #options: Required<SlotOptions>;
  #state: SlotState = 'open';
  #generation: number;
  #channel: SlotChannel | null = null;
  #child: ChildProcess | null = null;
  #tally: Tally | null = null;
  #stopListening: ReadonlyArray<() => void> = [];
  // A process is gone for everybody when both have come, in either order: its exit, and the word of
  // the transport that nothing of it is left.
  readonly #exits = new Map<number, Omit<SlotGoneInfo, 'reclaimed'>>();
  #reclaimed: number | null = null;

  /** @internal */
  constructor(
    id: number,
    generation: number,
    options: Required<SlotOptions>,
    transport: Transport,
    owner: SlotOwner,
  ) {
    this.id = id;
    this.#generation = generation;
    this.#options = options;
    this.#transport = transport;
    this.#owner = owner;
    // A closed slot of the same number may have had others.
    transport.configureSlot(id, options);
  }

  /** Where the slot is in its life. */
  get state(): SlotState {
    return this.#state;
  }

  /** The assigned process, or null. */
  get child(): ChildProcess | null {
    return this.#child;
  }

  /**
   * The `stdio` option for `spawn()` or `fork()`: stdin, stdout and stderr inherited, Node's IPC
   * channel, and with the native transport rondo's channel. The first three entries may be replaced;
   * the others must stay where they are. Read it anew for every process.
   *
   * Throws `ERR_RONDO_SLOT_ASSIGNED` while a process is alive, `ERR_RONDO_SLOT_CLOSED` after
   * `close()`, and a system error (`EMFILE`, …) if no channel can be opened.
   */
  get stdio(): Array<'inherit' | 'ipc' | number> {
    return [...this.#open().stdio];
  }

  /**
   * Environment variables for the process, to be merged into its `env`. Throws as `stdio` does.
   */
  get env(): Record<string, string> {
    return { ...this.#open().env, ...familyEnvironment('worker', this.id) };
  }

  /**
   * Both at once, for `spawn()` or `fork()`, with the environment of this process or the one that is given:
   * `fork('worker.js', slot.spawnOptions())`. Read it anew for every process.
   *
   * Throws as `stdio` does, and `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`.
   */
  spawnOptions(options: SlotSpawnOptions = {}): SpawnedWith {
    const { env, stdio } = validateSpawnOptions(options);
    const channel = this.#open();
    const three = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio];
    return {
      stdio: [...three, ...channel.stdio.slice(3)],
      env: { ...env, ...channel.env, ...familyEnvironment('worker', this.id) },
    };
  }

  /**
   * Tells the slot which process has its channel. Call it in the same tick as `spawn()`. From then
   * on the process's exit is watched. A process that could not be spawned is gone at once.
   *
   * Throws `ERR_RONDO_SLOT_ASSIGNED` while a process is alive, `ERR_RONDO_SLOT_CLOSED` after
   * `close()`, `ERR_RONDO_INVALID_OPTION` if `child` is not a `ChildProcess`.
   */
  assign(child: ChildProcess): void {
    if (typeof child !== 'object' || child === null || typeof child.once !== 'function') {
      throw invalidOption('child', 'a ChildProcess', child);
    }
    this.#open();
    this.#child = child;
    this.#setState('starting');
    this.#tally = this.#transport.assign(this.id, this.#generation, child);
    this.#stopListening = [
      before(child, 'exit', this.#onExit),
      // The program need not listen, too: the slot says what happened.
      around(child, 'error', ([error], next) => {
        this.#onError(error as Error);
        return child.listenerCount('error') === 0 || next();
      }),
    ];
    if (child.exitCode !== null || child.signalCode !== null) {
      this.#onExit(child.exitCode, child.signalCode);
    }
  }

  /**
   * Changes the weight and the limit from now on; what is left out stays, and null removes the limit. The
   * worker keeps what it has, also beyond a smaller limit; the slot's later processes get the same.
   *
   * Throws `ERR_RONDO_INVALID_OPTION`, `ERR_RONDO_UNKNOWN_OPTION`, and `ERR_RONDO_SLOT_CLOSED` after
   * `close()`. Nothing has changed then.
   */
  configure(changes: SlotOptions): void {
    const options = validateSlotOptions(changes, this.#options);
    this.#checkOpen();
    this.#options = options;
    this.#transport.configureSlot(this.id, options);
  }

  /**
   * Gives the slot up: nothing more is handed to its process, and what it has not received goes to
   * others. The process itself is left alone; its attached servers get no more connections. Twice is
   * as good as once.
   */
  close(): void {
    if (this.#state === 'closed') return;
    this.#setState('closed');
    if (this.#channel !== null) this.#transport.removeSlot(this.id, this.#generation, false);
    this.#forgetChild();
    this.#owner.onClosed(this);
  }

  /**
   * Its process is handed nothing more, and what it has not received goes to others; unlike after `close()`, it may
   * give back what it has. The slot is open again when the process is gone. On native only. @internal
   */
  drain(): void {
    if (this.#child !== null) this.#transport.drainSlot(this.id, this.#generation);
  }

  /** Closes with the transport, which leaves what was handed off to the worker. @internal */
  abandon(): void {
    if (this.#state === 'closed') return;
    this.#setState('closed');
    this.#forgetChild();
  }

  /** @internal */
  get generation(): number {
    return this.#generation;
  }

  /** What is counted of the last process; null before the first. @internal */
  get tally(): Tally | null {
    return this.#tally;
  }

  /** @internal */
  stats(): SlotStats {
    const counts = this.#transport.slotCounts(this.id);
    return {
      id: this.id,
      state: this.#state,
      pid: this.#child?.pid ?? null,
      ...this.#options,
      ...counts,
      // A process that is gone has no loop, and its last figures are nobody's.
      ...(this.#child === null && NO_LOOP),
    };
  }

  /** @internal */
  onServing(generation: number, listeners: number): void {
    if (generation !== this.#generation || this.#state === 'retired') return;
    if (this.#state === 'closed' || this.#state === 'open') return;
    // Attached, before there is a listener for it.
    if (this.#state === 'starting' && listeners === 0) return;
    const wasReady = this.#state === 'ready';
    this.#setState(listeners > 0 ? 'ready' : 'drained');
    if (this.#state === 'ready' && !wasReady) this.#owner.onReady(this);
  }

  /** @internal */
  onRetired(generation: number, error: Error): void {
    if (generation !== this.#generation || this.#state === 'closed') return;
    this.#setState('retired');
    this.#owner.onRetired(this, error);
  }

  /** @internal */
  onGone(generation: number, reclaimed: number): void {
    const exit = this.#exits.get(generation);
    if (exit !== undefined) {
      this.#exits.delete(generation);
      this.#owner.onGone(this, { ...exit, reclaimed });
    } else if (generation === this.#generation) {
      this.#reclaimed = reclaimed;
    }
  }

  #open(): SlotChannel {
    this.#checkOpen();
    if (this.#state !== 'open') {
      // The program's own 'exit' listener may run before ours.
      const { exitCode = null, signalCode = null } = this.#child ?? {};
      if (exitCode !== null || signalCode !== null) this.#onExit(exitCode, signalCode);
    }
    if (this.#state !== 'open') {
      throw new RondoError(
        'ERR_RONDO_SLOT_ASSIGNED',
        `Slot ${this.id} has the living process ${this.#child?.pid}`,
      );
    }
    this.#channel ??= this.#transport.openSlot(this.id, ++this.#generation);
    return this.#channel;
  }

  #setState(state: SlotState): void {
    this.#state = state;
    this.#owner.onState();
  }

  #checkOpen(): void {
    if (this.#state !== 'closed') return;
    throw new RondoError('ERR_RONDO_SLOT_CLOSED', `Slot ${this.id} is closed`);
  }

  readonly #onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
    this.#leave({ pid: this.#child?.pid ?? null, code, signal });
  };

  readonly #onError = (error: Error): void => {
    // A living child may emit 'error' too, when it could not be killed or sent a message.
    if (this.#child?.pid !== undefined) return;
    this.#leave({ pid: null, code: null, signal: null, error });
  };

  #leave(exit: Omit<SlotGoneInfo, 'reclaimed'>): void {
    if (this.#child === null) return;
    const generation = this.#generation;
    const reclaimed = this.#reclaimed;
    this.#forgetChild();
    this.#setState('open');
    this.#exits.set(generation, exit);
    if (reclaimed === null) {
      this.#transport.removeSlot(this.id, generation, true);
    } else {
      this.onGone(generation, reclaimed);
    }
  }

  #forgetChild(): void {
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
    this.#child = null;
    this.#channel = null;
    this.#reclaimed = null;
  }
}
