/** What the engine knows of a slot, as numbers in an array: a scrape reads those of 64 workers. */

/**
 * Where in what slotFigures() says of a slot each number is; -1 for what is not known.
 * `heartbeatAgeMs`: since the worker's loop last showed that it turns. `hasHandOffErrors`: 1 if
 * handOffErrors() has any.
 */
export const Figure = {
  handed: 0,
  pending: 1,
  open: 2,
  ended: 3,
  refused: 4,
  reclaimed: 5,
  unfinished: 6,
  lost: 7,
  heartbeatAgeMs: 8,
  loopDelayUs: 9,
  busyPermille: 10,
  memoryKb: 11,
  hasHandOffErrors: 12,
  received: 13,
  /** Of all threads of the process, in nanoseconds. */
  cpuNs: 14,
  /** Connections given back between two requests. */
  released: 15,
  /** 1: its requests keep the loop for long; 0: they do not. */
  isSlow: 16,
  /** The counts of {@link TIME_BOUNDS_S} and one more, then the sum in microseconds. */
  handoffTimes: 17,
} as const;

/** The buckets of native/channel/buckets.h: the longest time of each, in seconds. */
export const TIME_BOUNDS_S = [
  0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
  0.5, 1, 2.5, 5, 10,
] as const;

/** How many numbers a histogram of times has. */
export const TIMES = TIME_BOUNDS_S.length + 2;

/** How many numbers slotFigures() fills in. */
export const FIGURES = Figure.handoffTimes + TIMES;

/** As a tuple, for the figures are all there. */
export type SlotFigures = Float64Array & Record<(typeof Figure)[keyof typeof Figure], number>;
