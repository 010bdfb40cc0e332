/**
 * The upgrade, in the process that is replaced: lends its sockets to a new one, waits until that is well, and lets
 * it have all. Whatever goes wrong before, this process has everything still.
 */

import { closeSync, openSync } from 'node:fs';
import type { Lent } from '../../cluster/primary.js';
import type { PassedListener } from '../../cluster/taken-listeners.js';
import { RondoError, systemError } from '../../errors.js';
import type { Changeable } from '../configuration.js';
import { rondo } from '../forking.js';
import { sumMs, type ValidSupervisorOptions } from '../options.js';
import type { UpgradeResult } from '../types.js';
import type { ArrivingHost } from './arriving.js';
import { sameCommand } from './command.js';
import { passengers } from './passengers.js';
import { PassingOn } from './passing-on.js';
import {
  type Go,
  type Manifest,
  type Reconfigured,
  type Renewed,
  type SeatDealing,
  UPGRADE_VERSION,
} from './protocol.js';
import { Successor } from './successor.js';

/** The first of the sockets; see {@link CHANNEL_FD} and {@link LATE_FD}. */
const FIRST_FD = 5;

/** Pairs and pipes of a start, and what Node opens meanwhile. */
const FREE_FDS = 16;

/** For Node itself to start, and for what a busy machine takes. */
const BOOT_MS = 10_000;
const BOOT_PER_WORKER_MS = 250;

export interface UpgradeHost {
  options(): ValidSupervisorOptions;
  given(): Changeable;
  changed(): Changeable;
  seats(): SeatDealing[];
  /** It has been started, and has this pid. */
  onBegin(pid: number): void;
}

export class Upgrade {
  readonly #host: UpgradeHost;
  #successor: Successor | null = null;
  #isCalledOff = false;
  #ending: Promise<void> | null = null;
  /** By the id of a listener: its place in the manifest. */
  #places: ReadonlyMap<number, number> = new Map();
  #passingOn: PassingOn | null = null;

  constructor(host: UpgradeHost) {
    this.#host = host;
  }

  /**
   * Resolves when the new process has everything: this one is to call `passOn()`, to leave its listeners, and then to
   * call `release()`. Rejects with `ERR_RONDO_UPGRADE_FAILED`, when the new one and its workers are gone.
   */
  async run(): Promise<UpgradeResult> {
    const startedAt = performance.now();
    const before = this.#host.changed();
    const { successor, listeners } = await this.#start();
    let isGoing = false;
    try {
      // It has none where it could not be started.
      if (successor.pid !== 0) this.#host.onBegin(successor.pid);
      await successor.whenReady;
      isGoing = true;
      await this.#go(successor, listeners, before);
    } catch (error) {
      await successor.abort((error as Error).message, this.#isCalledOff ? null : this.#back());
      if (isGoing) passengers.kept();
      throw error;
    }
    const { pid, rondo: version, node } = successor;
    return { pid, rondo: version, node, ms: Math.round(performance.now() - startedAt) };
  }

  /** From now on connections that nobody here serves any more go to the new process. False: it takes none. */
  passOn(): boolean {
    const successor = this.#successor;
    const passing = rondo()?.dispatcher.passing ?? null;
    if (successor === null || passing === null || !successor.takesIdle) return false;
    const passingOn = new PassingOn(passing, successor, this.#places);
    this.#passingOn = passingOn;
    successor.onGot = (count) => passingOn.onGot(count);
    successor.onGone = () => passingOn.onGone();
    passingOn.begin();
    return true;
  }

  /** When the listeners are left. */
  release(): void {
    if (this.#successor === null) return;
    passengers.left(this.#successor.pid);
    this.#successor.release();
    if (this.#passingOn === null) this.#successor.end();
  }

  /** When the workers have ended. Resolves when all that is passed on is there. */
  async finish(): Promise<void> {
    if (this.#passingOn === null) return;
    await this.#passingOn.finish();
    this.#successor?.end();
  }

  /** The process ends. Resolves when the new one is gone, unless it has everything by now. */
  callOff(): Promise<void> {
    this.#isCalledOff = true;
    this.#ending ??=
      this.#successor?.abort('it was called off, as the old process stops', null) ?? null;
    return this.#ending ?? Promise.resolve();
  }

  kill(): void {
    this.#isCalledOff = true;
    this.#successor?.kill();
  }

  /** What a new process gives back that is called off. Null with ipc. */
  #back(): Pick<ArrivingHost, 'passing' | 'listenerAt'> | null {
    const passing = rondo()?.dispatcher.passing ?? null;
    const ids = [...this.#places.keys()];
    return passing && { passing, listenerAt: (index) => ids[index] ?? null };
  }

  async #start(): Promise<{ successor: Successor; listeners: PassedListener[] }> {
    const all: Lent[] = await lend();
    this.#places = new Map(all.map(({ listener }, index) => [listener.id, index]));
    try {
      checkFreeFds();
      if (this.#isCalledOff) throw calledOff();
      const given = passengers.give();
      const command = sameCommand();
      const fds = all.map(({ lent }) => lent.fd);
      const listeners = all.map(({ passed }, index) => ({ ...passed, fd: FIRST_FD + index }));
      const passed = given.map(({ name, luggage: { fd, data = null, env } }) => {
        Object.assign(command.env, env);
        return { name, fd: fd === undefined ? null : FIRST_FD + fds.push(fd) - 1, data };
      });
      const options = this.#host.options();
      const successor = new Successor({
        command,
        fds,
        timeoutMs: timeoutOf(options),
        endMs: sumMs(options.drainTimeoutMs, options.killTimeoutMs, options.killTimeoutMs),
      });
      this.#successor = successor;
      const manifest: Manifest = {
        type: 'manifest',
        version: UPGRADE_VERSION,
        pid: process.pid,
        given: this.#host.given(),
        changed: this.#host.changed(),
        listeners,
        seats: this.#host.seats(),
        passengers: passed,
      };
      successor.give(manifest);
      return { successor, listeners };
    } finally {
      // The new process has its own by now.
      for (const { lent } of all) lent.close();
    }
  }

  /** What has changed since the manifest, and that the rest is the new one's now. */
  async #go(successor: Successor, listeners: PassedListener[], before: Changeable): Promise<void> {
    const changed = this.#host.changed();
    const now = await lend();
    try {
      const renewed: Renewed[] = [];
      const reconfigured: Reconfigured[] = [];
      const fds: number[] = [];
      for (const [index, { keys, inherited, file, settings }] of listeners.entries()) {
        const one = now.find(({ passed }) => isSame(passed, { keys, inherited }));
        if (one === undefined) continue;
        const { settings: current, file: its } = one.passed;
        if (JSON.stringify(current) !== JSON.stringify(settings)) {
          reconfigured.push({ index, settings: current ?? { isPaused: false, changes: {} } });
        }
        if (its === null || its.inode === file?.inode) continue;
        renewed.push({ index, file: its });
        fds.push(one.lent.fd);
      }
      const isChanged = JSON.stringify(changed) !== JSON.stringify(before);
      const go: Go = {
        type: 'go',
        changed: isChanged ? changed : {},
        reset: Object.keys(before).filter((key) => !Object.hasOwn(changed, key)),
        reconfigured,
        seats: this.#host.seats(),
        renewed,
      };
      await successor.go(go, fds);
    } finally {
      for (const { lent } of now) lent.close();
    }
  }
}

function isSame(
  { keys, inherited }: PassedListener,
  other: Pick<PassedListener, 'keys' | 'inherited'>,
): boolean {
  if (inherited !== null || other.inherited !== null) return inherited?.fd === other.inherited?.fd;
  return keys.some(({ key }) => other.keys.some((one) => one.key === key));
}

async function lend(): Promise<Lent[]> {
  const primary = rondo();
  if (primary === null) {
    throw new RondoError(
      'ERR_RONDO_UPGRADE_REFUSED',
      "No upgrade: node:cluster's own scheduling is used, whose sockets cannot be passed on. Build rondo's addon, or " +
        "choose the transport 'ipc'",
    );
  }
  try {
    return await primary.lend();
  } catch (error) {
    throw noFd(error as NodeJS.ErrnoException);
  }
}

function noFd(error: NodeJS.ErrnoException): RondoError {
  const { errno = 0, syscall = 'dup' } = error;
  const { message } = systemError(errno, syscall);
  return new RondoError('ERR_RONDO_UPGRADE_FAILED', `No upgrade: ${message}`, { cause: error });
}

/** Before anything is begun: `spawn()` of Node leaves some open where it finds too few of them. */
function checkFreeFds(): void {
  const fds: number[] = [];
  try {
    while (fds.length < FREE_FDS) fds.push(openSync('/dev/null', 'r'));
  } catch (error) {
    throw noFd(error as NodeJS.ErrnoException);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function calledOff(): RondoError {
  return new RondoError('ERR_RONDO_UPGRADE_FAILED', 'No upgrade: this process stops');
}

/** All workers start at the same time, after the agent; each has to show after its uptime that it answers. */
function timeoutOf(options: ValidSupervisorOptions): number {
  const { upgradeTimeoutMs, startTimeoutMs, minUptimeMs, agent, workers } = options;
  if (upgradeTimeoutMs > 0) return upgradeTimeoutMs;
  const starts = agent === null ? 2 : 3;
  return sumMs(BOOT_MS, workers * BOOT_PER_WORKER_MS, starts * startTimeoutMs, minUptimeMs);
}
