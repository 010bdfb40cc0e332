/** What a drain is told, and what it came to. No code. */

/** A worker's part of the drain ladder. */
export interface DrainSettings {
  /** How long idle keep-alive connections stay open, for a request that is on its way. */
  idleGraceMs: number;
  /** After how long whatever is still open is destroyed, counted from the beginning. */
  drainTimeoutMs: number;
  /**
   * After how long the program's own handler of the signal is called although requests are in flight.
   * Default: 5,000.
   */
  handlerTimeoutMs?: number;
}

/** What a drain came to, as the worker counts it. */
export interface DrainCounts {
  /** Connections that were open when it began. */
  open: number;
  /** Closed as idle after the grace. */
  idle: number;
  /** Destroyed at the timeout. */
  destroyed: number;
  /** How long it took, in milliseconds. */
  ms: number;
}
