/**
 * The native transport: the engine's thread accepts, picks and hands off; this translates between
 * the Dispatcher and its numbers. Nothing here runs per connection, but for policies and routes that are
 * functions (picks.ts).
 */

import type { ChildProcess } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { constants } from 'node:os';
import { errnoName, RondoError, systemError } from '../../errors.js';
import {
  type EngineEvent,
  EngineEventType,
  GoneReason,
  HEADER_FAULTS,
  type ListenResult,
  type NativeEngine,
  type UnixFile,
} from '../../native/engine.js';
import { FIGURES, Figure, type SlotFigures, TIMES } from '../../native/figures.js';
import type { Native } from '../../native/index.js';
import { CHANNEL_VARIABLE, PROTOCOL_VERSION } from '../../protocol/protocol.js';
import type { Address, SlotOptions } from '../../types/options.js';
import { Tallies } from '../tallies.js';
import type { Tally } from '../tally.js';
import type {
  DealingOptions,
  LentSocket,
  ListenerCounts,
  ListenTarget,
  SlotChannel,
  SlotCounts,
  SlotLoad,
  Transport,
  TransportCounts,
  TransportEvents,
  TransportOptions,
} from '../transport.js';
import { byName, faultsByName, slotCounts, slotLoad } from './figures.js';
import { engineOptions, listenerOptions } from './options.js';
import { NativePassing } from './passing.js';
import { bindable, inFull, Paths } from './paths.js';
import { Picks } from './picks.js';

/** Where in a worker's stdio the channel is: behind the IPC channel, which fork() insists on. */
const CHANNEL_INDEX = 4;

/** What libuv adds to a socket's file for `readableAll` and `writableAll`. */
const READABLE_ALL = 0o444;
const WRITABLE_ALL = 0o222;

const { EINVAL, ENOTSOCK } = constants.errno;

export class NativeTransport implements Transport {
  readonly name = 'native';
  readonly passing: NativePassing;
  readonly #native: Native;
  readonly #engine: NativeEngine;
  /** One for all: 64 slots are read within some microseconds. */
  readonly #figures = new Float64Array(FIGURES) as SlotFigures;
  readonly #queueTimes = new Float64Array(TIMES);
  readonly #events: TransportEvents;
  readonly #stopped: Promise<void>;
  readonly #picks: Picks;
  readonly #paths: Paths;
  readonly #tallies: Tallies;
  readonly #closingListeners = new Map<number, () => void>();
  #isRef = false;
  #onStopped!: () => void;

  /** Throws a system error if the engine cannot be started. */
  constructor(native: Native, options: TransportOptions, events: TransportEvents) {
    this.#native = native;
    this.#events = events;
    this.#stopped = new Promise((resolve) => {
      this.#onStopped = resolve;
    });
    this.#engine = new native.Engine(engineOptions(options));
    this.#picks = new Picks(this.#engine, (slot) => this.slotCounts(slot), events);
    this.#paths = new Paths(this.#engine, events);
    this.passing = new NativePassing(this.#engine);
    this.#tallies = new Tallies({
      read: (slot, generation, out) => this.#engine.processFigures(slot, generation, out),
      errors: (slot, generation) => byName(this.#engine.processHandOffErrors(slot, generation)),
      onExit: (slot, generation) => this.#engine.noteExit(slot, generation),
      onEnd: (slot, generation) => this.#engine.endProcess(slot, generation),
    });
    const result = this.#engine.start((list) => {
      for (const event of list) this.#handle(event);
    });
    if (result < 0) throw systemError(result, 'start');
  }

  configure(options: TransportOptions): void {
    this.#engine.configure(engineOptions(options));
  }

  async listen(id: number, target: ListenTarget, options: DealingOptions): Promise<Address> {
    // Before the first connection can come.
    this.configureListener(id, options);
    if (target.kind === 'virtual') {
      this.#engine.listenVirtual(id);
      return `virtual:${target.name}`;
    }
    const result = this.#listen(id, target);
    if (result.error < 0) throw listenError(result, target);
    if (target.kind === 'path') this.#paths.add(id, target.path);
    if (result.family === 1) return result.host;
    return { address: result.host, family: `IPv${result.family}`, port: result.port };
  }

  #listen(id: number, target: Exclude<ListenTarget, { kind: 'virtual' }>): ListenResult {
    const { backlog } = target;
    switch (target.kind) {
      case 'path':
        return this.#engine.listenUnix(
          id,
          target.path,
          inFull(target.path),
          target.mode ?? -1,
          (target.readableAll ? READABLE_ALL : 0) | (target.writableAll ? WRITABLE_ALL : 0),
          backlog,
        );
      case 'fd':
        return this.#adopt(id, target.fd, backlog);
      case 'tcp':
        return target.ip === null
          ? this.#engine.listenAny(id, target.port, target.ipv6Only, backlog)
          : this.#engine.listenTcp(id, target.ip, target.port, target.ipv6Only, backlog);
    }
  }

  /** What is no socket is not the caller's to give away: it may be one of Node's own fds. */
  #adopt(id: number, fd: number, backlog: number): ListenResult {
    const name = this.#native.socketName(fd);
    if (typeof name !== 'number') return this.#engine.adopt(id, fd, backlog);
    return { error: isPipe(fd) ? -ENOTSOCK : -EINVAL, family: 0, port: 0, host: '' };
  }

  configureListener(id: number, options: DealingOptions): void {
    this.#engine.configureListener(id, listenerOptions(options));
  }

  renewPaths(): void {
    this.#paths.renew();
  }

  closeListener(id: number): Promise<void> {
    this.#paths.delete(id);
    return new Promise((resolve) => {
      this.#closingListeners.set(id, resolve);
      this.#updateRef();
      this.#engine.removeListener(id);
    });
  }

  lend(id: number): LentSocket {
    const fd = this.#engine.dupListener(id);
    if (fd < 0) throw systemError(fd, 'dup');
    const file = this.#engine.unixFile(id) ?? null;
    return { fd, file, close: () => this.#native.closeFd(fd) };
  }

  leaveListener(id: number): Promise<void> {
    this.#engine.leaveUnixFile(id);
    return this.closeListener(id);
  }

  takeFile(id: number, file: UnixFile): void {
    this.#engine.takeUnixFile(id, file);
    this.#paths.add(id, bindable(file.file));
  }

  replaceSocket(id: number, fd: number): void {
    this.#engine.replaceListener(id, fd);
  }

  #onListenerClosed(id: number): void {
    const resolve = this.#closingListeners.get(id);
    this.#closingListeners.delete(id);
    this.#updateRef();
    resolve?.();
  }

  configureSlot(slot: number, { weight, maxConnections }: Required<SlotOptions>): void {
    this.#picks.setWeight(slot, weight);
    this.#engine.configureSlot(slot, weight, maxConnections ?? 0);
  }

  openSlot(slot: number, generation: number): SlotChannel {
    const fd = this.#engine.openSlot(slot, generation);
    if (fd < 0) throw systemError(fd, 'socketpair');
    return {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', fd],
      env: { [CHANNEL_VARIABLE]: String(CHANNEL_INDEX) },
    };
  }

  assign(slot: number, generation: number, child: ChildProcess): Tally {
    // Where the kernel has no pidfd_open(2), the child's 'exit' event alone tells of its end, and a
    // blocked loop here delays what the dead worker had not received.
    if (child.pid !== undefined) this.#engine.watchProcess(slot, generation, child.pid);
    return this.#tallies.open(slot, generation, child);
  }

  drainSlot(slot: number, generation: number): void {
    this.#engine.drainSlot(slot, generation);
  }

  removeSlot(slot: number, generation: number, isExited: boolean): void {
    // It may have unlinked one as its last act.
    if (isExited) this.#paths.renew();
    this.#engine.removeSlot(slot, generation, isExited);
  }

  relieve(slot: number, generation: number, count: number): void {
    this.#engine.relieve(slot, generation, count);
  }

  setState(text: string): void {
    this.#engine.setState(text);
  }

  pause(): void {
    this.#engine.pause();
  }

  resume(): void {
    this.#engine.resume();
  }

  pauseListener(id: number): void {
    this.#engine.pauseListener(id);
  }

  resumeListener(id: number): void {
    this.#engine.resumeListener(id);
  }

  close(): Promise<void> {
    this.ref();
    this.#engine.stop();
    return this.#stopped;
  }

  ref(): void {
    this.#isRef = true;
    this.#updateRef();
  }

  unref(): void {
    this.#isRef = false;
    this.#updateRef();
  }

  #updateRef(): void {
    if (this.#isRef || this.#closingListeners.size > 0) this.#engine.ref();
    else this.#engine.unref();
  }

  listenerCounts(id: number): ListenerCounts {
    const { headerFaults, ...stats } = this.#engine.listenerStats(id);
    return {
      ...stats,
      proxyFaults: faultsByName(headerFaults),
      acceptErrors: byName(stats.acceptErrors),
      renewErrors: this.#paths.errorsOf(id),
    };
  }

  slotCounts(slot: number): SlotCounts {
    const figures = this.#figures;
    this.#engine.slotFigures(slot, figures);
    const hasErrors = figures[Figure.hasHandOffErrors] !== 0;
    return slotCounts(figures, hasErrors ? this.#engine.handOffErrors(slot) : []);
  }

  loadOf(slot: number): SlotLoad {
    const figures = this.#figures;
    this.#engine.slotFigures(slot, figures);
    return slotLoad(figures);
  }

  counts(): TransportCounts {
    const { starvedNs, ...counts } = this.#engine.engineStats();
    const starvedMs = Math.round(starvedNs / 1e6);
    return { ...counts, starvedMs, idle: this.#engine.idleStats() };
  }

  queueTimes(): Float64Array {
    this.#engine.queueTimes(this.#queueTimes);
    return this.#queueTimes;
  }

  #handle(event: EngineEvent): void {
    const { id, generation, count } = event;
    const events = this.#events;
    switch (event.type) {
      case EngineEventType.serving:
        this.#picks.onServing(id, generation, count);
        return events.onServing(id, generation, count);
      case EngineEventType.gone:
        this.#picks.onServing(id, generation, 0);
        this.#tallies.onGone(id, generation);
        if (event.code !== GoneReason.exited && event.code !== GoneReason.closed) {
          events.onRetired(id, generation, retirement(id, event));
        }
        return events.onGone(id, generation, count);
      case EngineEventType.takenBack:
        return events.onTakenBack(id, generation, count);
      case EngineEventType.starved:
        return events.onStarved();
      case EngineEventType.flowing:
        return events.onFlowing();
      case EngineEventType.acceptError:
        return events.onAcceptError(id, systemError(-event.error, 'accept'));
      case EngineEventType.listenerBroken:
        return events.onListenerBroken(id, systemError(-event.error, 'accept'));
      case EngineEventType.handOffError:
        return events.onHandOffError(id, systemError(-event.error, 'sendmsg'));
      case EngineEventType.listenerClosed:
        return this.#onListenerClosed(id);
      case EngineEventType.pick:
        return this.#picks.answer();
      case EngineEventType.pickTimedOut:
        return events.onPickTimedOut(id, count);
      case EngineEventType.routeTimedOut:
        return events.onRouteTimedOut(id, count);
      case EngineEventType.headerFault:
        return events.onProxyFault(id, HEADER_FAULTS[event.code] ?? 'malformed', count);
      case EngineEventType.passing:
        return this.passing.onMore();
      case EngineEventType.stopped:
        this.#tallies.onStopped();
        return this.#onStopped();
    }
  }
}

/** `net.Server` takes one for a socket until it listens, and everything else for a wrong value. */
function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false;
  }
}

function listenError(
  result: ListenResult,
  target: Exclude<ListenTarget, { kind: 'virtual' }>,
): Error {
  switch (target.kind) {
    case 'path':
      return systemError(result.error, 'listen', target.path, -1);
    case 'fd':
      return systemError(result.error, 'listen', null);
    case 'tcp':
      return systemError(result.error, 'listen', result.ip ?? target.ip ?? '::', target.port);
  }
}

function retirement(slot: number, event: EngineEvent): RondoError {
  switch (event.code) {
    case GoneReason.badVersion:
      return new RondoError(
        'ERR_RONDO_PROTOCOL_VERSION',
        `The worker of slot ${slot} does not speak version ${PROTOCOL_VERSION} of rondo's ` +
          'protocol: primary and workers need the same version of rondo',
      );
    case GoneReason.channel:
      return new RondoError(
        'ERR_RONDO_CHANNEL',
        `The channel of slot ${slot} failed: ${errnoName(-event.error)}`,
      );
    default:
      return new RondoError(
        'ERR_RONDO_BAD_WORKER',
        event.code === GoneReason.badBoard
          ? `The worker of slot ${slot} counted connections it was never handed`
          : `The worker of slot ${slot} sent what is not a frame of rondo's, or shut its channel`,
      );
  }
}
