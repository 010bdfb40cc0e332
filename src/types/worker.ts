/** Of a worker's side: types of the public surface. No code. */

/** Options of `attach`. */
export interface AttachOptions {
  /** Serve the listener of this name only. Default: every listener no other server has by name. */
  listener?: string;
}

/** Options of `release`. */
export interface ReleaseOptions {
  /**
   * After so many milliseconds without a byte the primary closes the connection: 0 to 2,147,483,647; 0: never.
   * Default: for one of an HTTP server what is left of its `keepAliveTimeout`, else 0.
   */
  idleTimeoutMs?: number;
}
