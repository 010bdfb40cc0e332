/**
 * What a limit allows, for a primary without the addon: the arithmetic of native/shared/limits.cc on the state of one key, in
 * JavaScript. A test compares the two.
 */

import type { LimiterAlgorithm, Taken } from '../types.js';

export interface LimitRule {
  readonly algorithm: LimiterAlgorithm;
  readonly limit: number;
  readonly windowMs: number;
}

/** Of a key; none for one that has taken nothing. Times are whole milliseconds of one clock. */
export interface LimitState {
  /** Of a fixed window its end, of a sliding one its start, of a bucket when `used` was true. */
  atMs: number;
  /** How many were taken; of a bucket the tokens that are missing, times the window in milliseconds. */
  used: bigint;
  /** Of a sliding window: how many were taken in the one before. */
  before: bigint;
}

interface Algorithm {
  /** Brings the state up to the time. */
  roll(rule: LimitRule, nowMs: number, state: LimitState): void;
  /** How many are left of the limit, of a state that is up to date. */
  left(rule: LimitRule, nowMs: number, state: LimitState): bigint;
  add(rule: LimitRule, nowMs: number, state: LimitState, n: bigint): void;
  giveBack(rule: LimitRule, state: LimitState, n: bigint): void;
  resetMs(rule: LimitRule, nowMs: number, state: LimitState): number;
}

const fixedWindow: Algorithm = {
  roll(_rule, nowMs, state) {
    if (nowMs >= state.atMs) state.used = 0n;
  },
  left: ({ limit }, _nowMs, { used }) => BigInt(limit) - used,
  add({ windowMs }, nowMs, state, n) {
    if (state.used === 0n) state.atMs = nowMs + windowMs;
    state.used += n;
  },
  giveBack(_rule, state, n) {
    state.used -= least(state.used, n);
  },
  resetMs: ({ windowMs }, nowMs, { atMs, used }) =>
    used === 0n ? 0 : Math.min(atMs - nowMs, windowMs),
};

const slidingWindow: Algorithm = {
  roll({ windowMs }, nowMs, state) {
    const elapsed = nowMs - state.atMs;
    if (elapsed >= 2 * windowMs) Object.assign(state, { atMs: nowMs, used: 0n, before: 0n });
    else if (elapsed >= windowMs) {
      state.atMs += windowMs;
      state.before = state.used;
      state.used = 0n;
    }
    if (state.used + state.before === 0n) state.atMs = nowMs;
  },
  left({ limit, windowMs }, nowMs, { atMs, used, before }) {
    const window = BigInt(windowMs);
    const rest = window - BigInt(Math.max(nowMs - atMs, 0));
    // A part of one that was taken counts as one.
    const counted = used + (before * rest + window - 1n) / window;
    return BigInt(limit) - least(counted, BigInt(limit));
  },
  add(_rule, _nowMs, state, n) {
    state.used += n;
  },
  giveBack(_rule, state, n) {
    const ofThis = least(state.used, n);
    state.used -= ofThis;
    state.before -= least(state.before, n - ofThis);
  },
  resetMs({ windowMs }, nowMs, { atMs, used, before }) {
    const windows = used > 0n ? 2 : before > 0n ? 1 : 0;
    return windows === 0 ? 0 : windows * windowMs - Math.max(nowMs - atMs, 0);
  },
};

const tokenBucket: Algorithm = {
  roll({ limit, windowMs }, nowMs, state) {
    const elapsed = Math.min(Math.max(nowMs - state.atMs, 0), windowMs);
    state.used -= least(state.used, BigInt(elapsed) * BigInt(limit));
    state.atMs = Math.max(nowMs, state.atMs);
  },
  left: ({ limit, windowMs }, _nowMs, { used }) =>
    (BigInt(limit) * BigInt(windowMs) - used) / BigInt(windowMs),
  add({ windowMs }, nowMs, state, n) {
    if (state.used === 0n) state.atMs = nowMs;
    state.used += n * BigInt(windowMs);
  },
  giveBack({ windowMs }, state, n) {
    state.used -= least(state.used, n * BigInt(windowMs));
  },
  resetMs: ({ limit }, _nowMs, { used }) => Number((used + BigInt(limit) - 1n) / BigInt(limit)),
};

const ALGORITHMS: Record<LimiterAlgorithm, Algorithm> = {
  'fixed-window': fixedWindow,
  'sliding-window': slidingWindow,
  'token-bucket': tokenBucket,
};

export function newState(): LimitState {
  return { atMs: 0, used: 0n, before: 0n };
}

/** Takes `n` if that is allowed, and nothing otherwise. */
export function take(rule: LimitRule, nowMs: number, n: number, state: LimitState): Taken {
  const algorithm = ALGORITHMS[rule.algorithm];
  algorithm.roll(rule, nowMs, state);
  const ok = BigInt(n) <= algorithm.left(rule, nowMs, state);
  if (ok && n > 0) algorithm.add(rule, nowMs, state, BigInt(n));
  return {
    ok,
    remaining: Number(algorithm.left(rule, nowMs, state)),
    resetMs: algorithm.resetMs(rule, nowMs, state),
  };
}

/** Gives back `n`, or as many as count as taken. */
export function giveBack(rule: LimitRule, nowMs: number, n: number, state: LimitState): void {
  const algorithm = ALGORITHMS[rule.algorithm];
  algorithm.roll(rule, nowMs, state);
  algorithm.giveBack(rule, state, BigInt(n));
}

/** Whether it says no more than that of a key that has taken nothing. */
export function isBlank(rule: LimitRule, nowMs: number, state: LimitState): boolean {
  ALGORITHMS[rule.algorithm].roll(rule, nowMs, state);
  return state.used + state.before === 0n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
