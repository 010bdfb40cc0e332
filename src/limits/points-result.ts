/** What `rate-limiter-flexible` resolves and rejects with, where its own class is not to be used. */

/** As `RateLimiterRes` of `rate-limiter-flexible`. */
export interface PointsResult {
  /** How many are left. */
  readonly remainingPoints: number;
  /** Milliseconds until all are there again; -1: never, of a blocked key. */
  readonly msBeforeNext: number;
  /** How many have been taken. */
  readonly consumedPoints: number;
  /** Whether they are the first that were taken since all were there. */
  readonly isFirstInDuration: boolean;
}

export type ResultClass = new (
  remainingPoints: number,
  msBeforeNext: number,
  consumedPoints: number,
  isFirstInDuration: boolean,
) => PointsResult;

export class PlainResult implements PointsResult {
  readonly remainingPoints: number;
  readonly msBeforeNext: number;
  readonly consumedPoints: number;
  readonly isFirstInDuration: boolean;

  constructor(
    remainingPoints: number,
    msBeforeNext: number,
    consumedPoints: number,
    isFirstInDuration: boolean,
  ) {
    this.remainingPoints = remainingPoints;
    this.msBeforeNext = msBeforeNext;
    this.consumedPoints = consumedPoints;
    this.isFirstInDuration = isFirstInDuration;
  }

  toString(): string {
    return JSON.stringify(this);
  }
}
