/**
 * What the master tells of a Supervisor's processes, in the order in which egg-cluster does:
 *
 *   the agent has started    app: egg-pids [agent], agent-start
 *   an app has started       agent: egg-pids [apps]
 *   all have                 egg-ready, to the parent, to the apps, to the agent
 *
 * An app has started when it is ready and its messenger has joined. One without a messenger is waited for
 * no longer than a second; if it joins later, it is told then.
 */

import type { Address } from 'node:cluster';
import { hub } from '../../hub/index.js';
import { checkKeys, type Keys } from '../../options.js';
import type { Supervisor } from '../../supervisor/supervisor.js';
import type { WorkerInfo, WorkerReason } from '../../supervisor/types.js';
import { JOINED, type Party } from './messages.js';
import type { Messenger } from './messenger.js';

/** How long a process is waited for that may have no messenger. */
const JOIN_MS = 1_000;

/** Ends that the Supervisor has asked for are no deaths. */
const ASKED: ReadonlySet<WorkerReason | null> = new Set(['stop', 'reload', 'scale', 'recycle']);

/** Of `manage()`. */
export interface ManageOptions {
  /** The data of `egg-ready` for apps and agent. Default `{}`. */
  data?: unknown;
  /** In the `address` that `egg-ready` tells the parent. Default `'http'`. */
  protocol?: string;
}

const KEYS: Keys<ManageOptions> = { data: true, protocol: true };

interface Process {
  party: Party;
  isReady: boolean;
  hasJoined: boolean;
  /** It is not waited for any more. */
  isLate: boolean;
  hasStarted: boolean;
  address: Address | null;
  timer: NodeJS.Timeout | null;
}

export class Life {
  readonly #messenger: Messenger;
  readonly #supervisor: Supervisor;
  readonly #options: ManageOptions;
  readonly #processes = new Map<number, Process>();
  #isLaunched = false;

  constructor(messenger: Messenger, supervisor: Supervisor, options: ManageOptions) {
    checkKeys('options', options, KEYS);
    this.#messenger = messenger;
    this.#supervisor = supervisor;
    this.#options = options;
    hub.on(JOINED, (pid, party) => this.#onJoined(pid as number, party as Party));
    supervisor.on('agent:ready', (pid) => this.#onReady(pid, 'agent', null));
    supervisor.on('agent:exited', (code, signal) => this.#onAgentExited(code, signal));
    supervisor.on('worker:ready', ({ pid, listening }) => {
      if (pid !== null) this.#onReady(pid, 'app', listening[0] ?? null);
    });
    supervisor.on('worker:exited', (worker) => this.#onAppExited(worker));
  }

  #process(pid: number, party: Party): Process {
    const found = this.#processes.get(pid);
    if (found !== undefined) return found;
    const made: Process = {
      party,
      isReady: false,
      hasJoined: false,
      isLate: false,
      hasStarted: false,
      address: null,
      timer: null,
    };
    this.#processes.set(pid, made);
    return made;
  }

  #onJoined(pid: number, party: Party): void {
    this.#forgetTheGone();
    const one = this.#process(pid, party);
    one.hasJoined = true;
    const others = this.#started(party === 'app' ? 'agent' : 'app');
    // egg's apps are forked when the agent is there; it is what they would ask for.
    if (party === 'app' || one.isLate) this.#messenger.sendTo(pid, 'egg-pids', others);
    if (one.isLate && this.#isLaunched) {
      this.#messenger.sendTo(pid, 'egg-ready', this.#options.data ?? {});
    }
    this.#onChange(pid, one);
  }

  #onReady(pid: number, party: Party, address: Address | null): void {
    const one = this.#process(pid, party);
    one.isReady = true;
    one.address = address;
    one.timer = setTimeout(() => {
      one.isLate = true;
      this.#onChange(pid, one);
    }, JOIN_MS).unref();
    this.#onChange(pid, one);
  }

  #onChange(pid: number, one: Process): void {
    if (!one.isReady || !(one.hasJoined || one.isLate) || one.hasStarted) return;
    clearTimeout(one.timer ?? undefined);
    one.hasStarted = true;
    if (one.party === 'agent') this.#onAgentStarted(pid);
    else this.#onAppStarted(pid, one);
    this.#launchIfAllHaveStarted();
  }

  #onAgentStarted(pid: number): void {
    const { data = {} } = this.#options;
    if (this.#isLaunched) this.#messenger.sendToAgent('egg-ready', data);
    this.#messenger.sendToApp('egg-pids', [pid]);
    if (this.#isLaunched) this.#messenger.sendToAgent('egg-pids', this.#started('app'));
    this.#messenger.sendToApp('agent-start');
    this.#messenger.emit('agent-start');
  }

  #onAppStarted(pid: number, { address }: Process): void {
    this.#messenger.sendToAgent('egg-pids', this.#started('app'));
    if (this.#isLaunched) this.#messenger.sendToApp('egg-ready', this.#options.data ?? {});
    this.#messenger.emit('app-start', { workerId: pid, address });
  }

  #launchIfAllHaveStarted(): void {
    const { seats, agent } = this.#supervisor.stats();
    const apps = new Set(this.#started('app'));
    const haveAll = seats.every(({ workers }) => workers.some(({ pid }) => apps.has(pid ?? 0)));
    // There are no seats before the agent is ready.
    if (this.#isLaunched || seats.length === 0 || !haveAll) return;
    if (agent !== null && this.#started('agent').length === 0) return;
    this.#isLaunched = true;
    const { data = {}, protocol = 'http' } = this.#options;
    this.#messenger.send('egg-ready', { ...this.#place(protocol), protocol }, 'parent');
    this.#messenger.sendToApp('egg-ready', data).sendToAgent('egg-ready', data);
    this.#messenger.emit('egg-ready');
  }

  #place(protocol: string): { port: number | null; address: string | null } {
    const [first] = [...this.#processes.values()].flatMap(({ address }) => address ?? []);
    if (first === undefined) return { port: null, address: null };
    // A Unix path.
    if (first.port === -1 || first.addressType === -1)
      return { port: null, address: first.address };
    const host = first.address === '0.0.0.0' ? '127.0.0.1' : (first.address ?? '127.0.0.1');
    return { port: first.port, address: `${protocol}://${host}:${first.port}` };
  }

  #onAgentExited(code: number | null, signal: NodeJS.Signals | null): void {
    for (const [pid, { party }] of this.#processes) if (party === 'agent') this.#forget(pid);
    if (!this.#isRunning()) return;
    this.#messenger.sendToApp('egg-pids', []);
    this.#messenger.emit('agent-exit', { code, signal });
    if (this.#isLaunched) this.#messenger.send('agent-worker-died', undefined, 'parent');
  }

  #onAppExited({ pid, code, signal, reason }: WorkerInfo): void {
    if (pid === null) return;
    this.#forget(pid);
    if (!this.#isRunning()) return;
    this.#messenger.sendToAgent('egg-pids', this.#started('app'));
    this.#messenger.emit('app-exit', { workerId: pid, code, signal });
    if (this.#isLaunched && !ASKED.has(reason)) {
      this.#messenger.send('app-worker-died', undefined, 'parent');
    }
  }

  #started(party: Party): number[] {
    return [...this.#processes]
      .filter(([, one]) => one.party === party && one.hasStarted)
      .map(([pid]) => pid);
  }

  #forget(pid: number): void {
    clearTimeout(this.#processes.get(pid)?.timer ?? undefined);
    this.#processes.delete(pid);
  }

  /** Children of the workers may join, of whose end the Supervisor does not tell. */
  #forgetTheGone(): void {
    const pids = new Set(hub.members().map(({ pid }) => pid));
    for (const [pid, { isReady }] of this.#processes) {
      if (!isReady && !pids.has(pid)) this.#forget(pid);
    }
  }

  #isRunning(): boolean {
    return ['starting', 'running', 'leaving'].includes(this.#supervisor.stats().state);
  }
}
