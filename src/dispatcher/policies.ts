/**
 * The policies for the ipc transport; native/engine/policy.cc has the same for the engine, and
 * test/fixtures/policy-vectors.json is what both must do.
 */

import type { PolicyName } from '../types.js';

/** A slot that has room and serves the connection's listener. */
export interface Candidate {
  slot: number;
  /** Handed, not yet received. */
  pending: number;
  /** Being served. */
  active: number;
}

/**
 * The index of the chosen candidate. The list is not empty and in order of slot numbers; `last` is
 * the slot picked before, or -1.
 */
export type PolicyFunction = (candidates: readonly Candidate[], last: number) => number;

/** The first slot after the last one, round the circle. */
function pickRoundRobin(candidates: readonly Candidate[], last: number): number {
  const next = candidates.findIndex((candidate) => candidate.slot > last);
  return next === -1 ? 0 : next;
}

/** The slot with the fewest connections; among equals the next in turn. */
function pickLeastConnections(candidates: readonly Candidate[], last: number): number {
  const start = pickRoundRobin(candidates, last);
  let best = start;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (let i = 0; i < candidates.length; i++) {
    const at = (start + i) % candidates.length;
    const { pending, active } = candidates[at] as Candidate;
    if (pending + active < bestLoad) {
      best = at;
      bestLoad = pending + active;
    }
  }
  return best;
}

export const POLICIES: Record<PolicyName, PolicyFunction> = {
  'round-robin': pickRoundRobin,
  'least-connections': pickLeastConnections,
};
