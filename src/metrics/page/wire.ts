/**
 * What the page is told by server-sent events: `hello` once for each connection, then one `tick` for each
 * interval. No code, and no import, since both the primary and the browser compile this file.
 *
 * All times are the primary's, in milliseconds since 1970, so that a browser's wrong clock does not matter.
 */

/** The first message of a connection: the recent past. */
export interface Hello {
  /** Another one than before: the primary has another version of the page. */
  page: string;
  intervalMs: number;
  lives: Life[];
  happenings: Happening[];
}

/** What is at the moment, and what has happened since the last one. */
export interface Tick {
  time: number;
  pid: number;
  uptimeMs: number;
  rondo: string;
  node: string;
  state: string;
  isDegraded: boolean;
  workers: number;
  ready: number;
  agent: { pid: number | null; isReady: boolean } | null;
  reload: ReloadProgress | null;
  listeners: ListenerView[];
  /** Null with Node's own scheduling. */
  dealing: DealingView | null;
  seats: SeatView[];
  /** Of the last ten seconds; null where it is not known. */
  handOff: LatencyView | null;
  /** Lives that have begun or changed. */
  lives: Life[];
  happenings: Happening[];
}

export interface ReloadProgress {
  state: 'running' | 'done' | 'failed';
  begunAt: number;
  endedAt: number | null;
  /** Seats that have a new worker that is well. */
  replaced: number;
  seats: number;
}

export interface ListenerView {
  name: string;
  address: string;
  policy: string;
  accepted: number;
  /** Closed, or turned away, without having been served. */
  closed: number;
  isPaused: boolean;
}

export interface DealingView {
  transport: string;
  policy: string;
  window: string;
  accepted: number;
  acceptedPerSecond: number | null;
  waiting: number;
}

export interface SeatView {
  seat: number;
  state: string;
  /** The one that serves, or is about to; null while the seat is empty. */
  worker: WorkerView | null;
  /** How many others of this seat drain. */
  draining: number;
  /** Connections handed to the seat since the last tick, and received for each second. */
  dealt: number;
  receivedPerSecond: number | null;
  received: number;
  /** Connections that came to no good end: unfinished when a worker died, or lost. */
  lost: number;
  open: number;
  pending: number;
  /** Processes after the first, for whatever reason, and those that had failed. */
  restarts: number;
  failures: number;
}

export interface WorkerView {
  pid: number | null;
  state: string;
  ageMs: number;
  /** Share of one core. */
  cpu: number | null;
  memoryBytes: number | null;
  loopDelayMs: number | null;
  utilisation: number | null;
}

/** How long it took from accept to the worker's `'connection'`, in milliseconds. */
export interface LatencyView {
  /** The last one has no upper bound. */
  rows: Array<{ upToMs: number | null; count: number }>;
  count: number;
  /** So many took no longer than that; `'more'`: longer than any bound. Null: there was no connection. */
  p50: number | 'more' | null;
  p99: number | 'more' | null;
  p999: number | 'more' | null;
}

/** One worker process, from its start to its end. */
export interface Life {
  /** Unique in the primary's life. */
  id: number;
  seat: number;
  pid: number | null;
  startedAt: number;
  readyAt: number | null;
  drainingAt: number | null;
  exitedAt: number | null;
  reason: string | null;
  code: number | null;
  signal: string | null;
}

/** An event of the Supervisor's, for the list below the timeline. */
export interface Happening {
  /** Ascending. */
  id: number;
  time: number;
  event: string;
  seat: number | null;
  /** Plain text, and perhaps a worker's own: never HTML. */
  text: string;
  /** More text, such as what a worker wrote last; often empty. */
  detail: string;
}
