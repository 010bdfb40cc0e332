/** What a drain is told, and its result. No code. */

/** A worker's part of the drain ladder. */
export interface DrainSettings {
  /** How long idle keep-alive connections stay open, for a request that is on its way. */
  idleGraceMs: number;
  /** After how long whatever is still open is destroyed, counted from the beginning. */
  drainTimeoutMs: number;
  /**
   * After how long at the latest the program's own handlers of the signal are called, although requests
   * are in flight.
   */
  handlerTimeoutMs: number;
  /** Whether idle connections go to another worker in place of being closed, where that can be. Default false. */
  moves?: boolean;
}

/** The result of a drain, as the worker counts it. */
export interface DrainCounts {
  /** Connections that were open when it began. */
  open: number;
  /** Closed as idle after the grace. */
  idle: number;
  /** Gone to another worker while they were idle. */
  moved: number;
  /** Destroyed at the timeout. */
  destroyed: number;
  /** How long it took, in milliseconds. */
  ms: number;
}
