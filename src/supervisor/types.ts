/** The types of the Supervisor's public surface. No code. */

import type { Address } from 'node:cluster';
import type { RondoError } from '../errors.js';
import type { Address as DispatcherAddress, DispatcherOptions } from '../types/options.js';
import type { DispatcherStats } from '../types/stats.js';

/** Options of a {@link Supervisor}, in addition to those of its dispatcher. */
export interface SupervisorOptions extends Omit<DispatcherOptions, 'maxConnections'> {
  /**
   * How many connections may be with the workers at once, as a Dispatcher's `maxConnections`; beyond it
   * they wait in the backlog. 1 or more; null (default): no limit.
   */
  maxOpenConnections?: number | null;
  /** The workers' program, as `node` would find it from the working directory. */
  exec: string;
  /** The program's own arguments. Default none. */
  args?: string[];
  /** Options of Node for the workers. Default: those of this process. */
  execArgv?: string[];
  /**
   * Modules that are loaded before the program, by Node's `--require`, in the workers and the agent; relative ones
   * from the working directory. Default none.
   */
  require?: string | string[];
  /** The same by Node's `--import`. Default none. */
  import?: string | string[];
  /**
   * More options of Node for the workers and the agent, each word of them an entry:
   * `['--max-old-space-size=512']`. Default none.
   */
  nodeArgs?: string[];
  /**
   * Files with variables for the workers and the agent, read at the start and by each reload, with the syntax and the
   * precedence of Node's `--env-file`: a later file goes before an earlier one, and this process's environment before
   * all. `env` goes before that. Default none.
   */
  envFile?: string | EnvFile | Array<string | EnvFile>;
  /** Added to this process's environment for the workers. Default none. */
  env?: Record<string, string>;
  /**
   * How many workers there are to be, 1 to 512. `'max'` (default): one for each CPU that this process may use, by
   * its affinity and cpuset and by the CPU quotas of its control groups, rounded up; `'half'`: half as many, rounded
   * up. Both are looked up anew by a reload.
   */
  workers?: number | 'max' | 'half';
  /**
   * When a worker is ready: `'listening'` (default), when its first server listens or is attached;
   * `'message'`, when it sends the message `'ready'` (`process.send('ready')`); `'started'`, when its
   * program has been loaded, for one that listens nowhere.
   */
  readyWhen?: 'listening' | 'message' | 'started';
  /** A worker that is not ready after so many milliseconds is killed: its start has failed. Default 30,000. */
  startTimeoutMs?: number;
  /**
   * More failures than this within `restartWindowMs` stop the seat, and so do, in whatever time, more
   * starts in a row that were never ready. Default 10; 0: none is tried again.
   */
  maxRestarts?: number;
  /** In milliseconds. Default 60,000. */
  restartWindowMs?: number;
  /**
   * A worker that has been ready for so many milliseconds, then answers, and listens wherever the worker does whose place
   * it takes, is well. One that fails again before is replaced
   * only after a wait; a reload keeps the old worker of a seat, and does not go on, until the new one is
   * well. Default 1,000.
   */
  minUptimeMs?: number;
  /** The first wait, in milliseconds; each further one is twice as long. Default 100. */
  backoffMinMs?: number;
  /** The longest wait, in milliseconds. Default 10,000. */
  backoffMaxMs?: number;
  /** How long a draining worker's idle keep-alive connections stay open, in milliseconds. Default 1,000. */
  idleGraceMs?: number;
  /** After so many milliseconds a draining worker destroys what is still open. Default 30,000. */
  drainTimeoutMs?: number;
  /** A worker that has not ended so many milliseconds after that is killed. Default 5,000. */
  killTimeoutMs?: number;
  /**
   * How many milliseconds after `stop()` everything is still served before the drain, so that load balancers can
   * see that an end is near: the state is `leaving`, and `/ready` of the metrics fails. Default 0.
   */
  stopDelayMs?: number;
  /**
   * A draining worker's own handlers of the signal are called when its requests are answered, after so
   * many milliseconds at the latest. Default 5,000.
   */
  handlerTimeoutMs?: number;
  /**
   * A seat that has stopped is tried once more after so many milliseconds, again and again, for as long as
   * another one has a worker. Default 300,000; 0: never.
   */
  retryStoppedMs?: number;
  /**
   * Whether a worker with an uncaught error first finishes what is in flight, while its replacement
   * starts at once, and only then ends with code 1. Default false; `rondo start` has it on.
   */
  guard?: boolean;
  /** A worker whose event loop is stuck for so many milliseconds is killed and replaced. Default 0: never. */
  hangTimeoutMs?: number;
  /**
   * So long a new process may take, from its start until its workers are well, to take this one's place in an
   * upgrade. Default 0: twice `startTimeoutMs`, and once more with an agent, `minUptimeMs`, and 10 s and a quarter
   * of one for each worker.
   */
  upgradeTimeoutMs?: number;
  /** How many seats a reload does at once. Default 1. */
  parallel?: number;
  /** Replace a worker after so many connections, give or take. Default 0: never. */
  maxConnections?: number;
  /** Replace a worker after so many milliseconds, give or take. Default 0: never. */
  maxAgeMs?: number;
  /**
   * Replace a worker whose resident memory is more than so many MB (10⁶ bytes). `'80%'`, or another share: so much of
   * the memory limit of this process's control groups, or of the machine's memory where they have none, divided by the
   * number of workers; computed anew by a reload and by `scale()`. Default 0: never.
   */
  maxMemoryMb?: number | `${number}%`;
  /** A program that runs once beside the workers, ready (`process.send('ready')`) before them. Default none. */
  agent?: string;
  /**
   * Listening sockets that this process was started with, by systemd for instance. A worker that listens at
   * the address of one, or at its `fd`, gets it; so does `attach(server, { listener: name })`. Not possible
   * with Node's own scheduling. Default none.
   */
  sockets?: Array<{ fd: number; name: string }>;
  /** How often it is checked that the agent and workers are there, in milliseconds. Default 10,000; 0: never. */
  healthCheckMs?: number;
}

/** A file with variables. */
export interface EnvFile {
  file: string;
  /** Whether it may be missing. Default false. */
  ifExists?: boolean;
}

/** What `configure()` may change while the workers go on. */
export type DealingChanges = Pick<
  SupervisorOptions,
  | 'policy'
  | 'window'
  | 'takeBackMs'
  | 'maxOpenConnections'
  | 'pickTimeoutMs'
  | 'rebalance'
  | 'proxyProtocol'
>;

/** What `reload()` may change; the rest is for the Supervisor's whole life. */
export type ReloadOptions = Partial<
  Omit<SupervisorOptions, 'transport' | 'agent' | 'sockets' | 'sticky'>
>;

/** Of `drain()`. */
export interface DrainSeatOptions {
  /** Also if no other worker is ready, so that connections wait until one is. Default false. */
  force?: boolean;
}

/** Of `start()`. */
export interface StartOptions {
  /** Aborted, it stops what has been started. */
  signal?: AbortSignal;
}

/** Of `stop()`. */
export interface StopOptions {
  /** How long everything is still served before the drain, in milliseconds. Default: the option `stopDelayMs`. */
  delayMs?: number;
}

/** The process that has taken over. */
export interface UpgradeResult {
  pid: number;
  /** Its versions of rondo and Node. */
  rondo: string;
  node: string;
  /** From the call until it had everything. */
  ms: number;
}

/** What a program may handle to end in its own way. */
export type StopSignal = 'SIGTERM' | 'SIGINT';

/** A worker's life. */
export type WorkerState = 'starting' | 'ready' | 'draining' | 'exited';

/**
 * Why a worker drains or has ended: `stop`, `reload`, `scale`, `recycle`, `restart`, `drain`, `upgrade` by the supervisor;
 * `error`, an uncaught error; `signal`, sent to the worker by somebody else; `disconnect`, the program
 * left the cluster itself; `exit`, it just ended; `hung`; `start-timeout`; `start-failed`, it ended
 * before it was ready, or could not be started at all; `oom`, the kernel killed it because memory was exhausted.
 */
export type WorkerReason =
  | 'stop'
  | 'reload'
  | 'scale'
  | 'recycle'
  | 'restart'
  | 'drain'
  | 'upgrade'
  | 'error'
  | 'signal'
  | 'disconnect'
  | 'exit'
  | 'oom'
  | 'hung'
  | 'start-timeout'
  | 'start-failed';

/** A worker at the moment of an event. */
export interface WorkerInfo {
  /** Its place, 0 to the number of workers - 1. The workers find it in `RONDO_SEAT`. */
  seat: number;
  /** node:cluster's id, new for each process. */
  id: number;
  pid: number | null;
  state: WorkerState;
  /** Null before it drains or ends. */
  reason: WorkerReason | null;
  /** Exit code; null before it has ended, and if a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Milliseconds since it was started, until it ended. */
  livedMs: number;
  /** Milliseconds from its start until it was ready; null if it never was. */
  readyAfterMs: number | null;
  /** Where it listens, or has listened, in the order in which it began to; the first 64 places. */
  listening: Address[];
  /** What came of its draining, as it counts itself; null if it did not say. */
  drained: DrainResult | null;
}

/** What a drain came to. */
export interface DrainResult {
  /** Connections that were open when it began. */
  open: number;
  /** Idle ones, closed after the grace. */
  idle: number;
  /** Idle ones that went to another worker. */
  moved: number;
  /** Destroyed at the timeout. */
  destroyed: number;
  ms: number;
}

/** A seat as `stats()` shows it. */
export interface SeatStats {
  id: number;
  /**
   * `waiting` before a restart; `stopped` after too many, until it is tried again; `drained` by `drain()`, until
   * `restart()` or a reload; `closed` when it is to have no worker any more.
   */
  state: 'running' | 'waiting' | 'stopped' | 'drained' | 'closed';
  /** Of its worker, and of those that follow; see `configureSeat()`. */
  weight: number;
  /** How many connections its worker may have at once; null: no limit. */
  maxConnections: number | null;
  /** Its workers, those included that drain. */
  workers: WorkerInfo[];
  /** Failures since the Supervisor was started. */
  failures: number;
}

/** What is missing. */
export interface Degraded {
  /** The seats that have no worker that is well. */
  missing: number[];
  /** How many workers are ready, and how many there are to be. */
  ready: number;
  workers: number;
}

/** What a {@link Supervisor} knows at a moment. */
export interface SupervisorStats {
  state: 'new' | 'starting' | 'running' | 'leaving' | 'stopping' | 'stopped' | 'failed';
  /** Workers serve, but not in every seat: one has stopped, or keeps failing. */
  isDegraded: boolean;
  seats: SeatStats[];
  /** Null without one. */
  agent: { pid: number | null; isReady: boolean } | null;
  /** Null with Node's own scheduling, which is used where the addon is missing. */
  dispatcher: DispatcherStats | null;
}

/** What a worker is waited for that is to take another's place. */
export interface Awaited {
  /** Where the other listens, and this one does not yet. */
  addresses: DispatcherAddress[];
  /** Not longer than so many milliseconds from now. */
  waitMs: number;
}

/** Events of a {@link Supervisor}. */
export interface SupervisorEvents {
  'worker:starting': [worker: WorkerInfo];
  'worker:ready': [worker: WorkerInfo];
  'worker:draining': [worker: WorkerInfo];
  'worker:exited': [worker: WorkerInfo];
  /** An uncaught error, with its stack. */
  'worker:error': [worker: WorkerInfo, stack: string];
  /** Its loop has been stuck for so long; it is killed. */
  'worker:hung': [worker: WorkerInfo, ageMs: number];
  /** It answers, and takes the other's place when it listens at these addresses, too, or when the time is over. */
  'worker:awaited': [worker: WorkerInfo, awaited: Awaited];
  /**
   * More than eight workers of the seat drain at once: this one, the oldest, destroys what it still has
   * open.
   */
  'worker:hurried': [worker: WorkerInfo];
  /** A worker failed; the next one starts after the wait. */
  'seat:waiting': [seat: number, delayMs: number];
  /** Too many failures. `lastOutput` is what the last worker wrote last, or its error. */
  'seat:stopped': [seat: number, lastOutput: string];
  /** Workers serve, but not in these seats, which have stopped or keep failing. Again when others do. */
  degraded: [what: Degraded];
  /** After `degraded`: every seat has a worker that is well. */
  recovered: [];
  /** After a reload no worker listens there any more, as one did before; nobody can connect. */
  'address:closed': [address: DispatcherAddress];
  'reload:begin': [];
  /** Every seat has a new worker that is well. The old ones may still drain. */
  'reload:end': [];
  /** With the seat that failed in `seat`, and in `lastOutput` what its worker wrote last. */
  'reload:failed': [error: RondoError];
  /** A new process, with that id, has been started to take this one's place. */
  'upgrade:begin': [pid: number];
  /** It has everything now. This one accepts nothing more; its workers drain, and `stopped` follows. */
  'upgrade:end': [pid: number];
  /** The new process is gone, and this one serves on. With what it wrote last in `lastOutput`. */
  'upgrade:failed': [error: RondoError];
  /** In the new process: it has everything that the one with that id had. */
  'upgrade:taken': [pid: number];
  /** A worker that was to be recycled stays, since its replacement did not become ready. */
  'recycle:failed': [error: Error];
  'agent:ready': [pid: number];
  'agent:exited': [code: number | null, signal: NodeJS.Signals | null];
  /** It was ready once, failed too often, and is not started again. */
  'agent:stopped': [error: Error];
  /** For three checks in a row the agent or all workers were missing. */
  unhealthy: [health: { agent: boolean | null; ready: number; workers: number }];
  /**
   * Every seat has stopped, or the first worker cannot listen (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`). No
   * worker is left, and `process.exitCode` is 1 unless it was set before.
   */
  failed: [error: Error];
  /** `stop()` was called; for so many milliseconds all is served as before. */
  leaving: [delayMs: number];
  stopping: [];
  stopped: [];
}
