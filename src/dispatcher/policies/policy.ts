/**
 * What a policy is. Each is a file of its own; index.ts lists them, and names, help, docs and validation
 * come from that list. The picks here are those of the ipc transport; native/engine/policy.cc has the
 * same for the engine, and test/fixtures/policy-vectors.json is what both must do.
 */

import type { EngineListenerOptions } from '../../native/engine.js';
import type { PolicyName } from '../../types/policy.js';

/** A slot that serves the connection's listener. */
export interface Candidate {
  readonly slot: number;
  /** Connections of the listener that it has been dealt. */
  readonly count: number;
  /** Connections that it has: pending and open. */
  readonly open: number;
  readonly weight: number;
  /** How late its event loop is; 0 if that is not known. */
  readonly loopDelayUs: number;
}

/** What a pick goes by. Lists are in order of slot numbers. */
export interface Choice<C extends Candidate = Candidate> {
  readonly serving: readonly C[];
  /** Of those, the ones that can take the connection now; at least one. */
  readonly eligible: readonly C[];
  /** The slot picked before, or -1. */
  readonly last: number;
  /** How many picks there were before. */
  readonly picks: number;
  /** The peer's, or '' if it has none. */
  readonly address: string;
  /** The connection may wait for a slot that is not eligible. */
  readonly mayWait: boolean;
}

/** One of `serving`; without `mayWait`, one of `eligible`. */
export type Picker = <C extends Candidate>(choice: Choice<C>) => C;

/** The options of all policies, as numbers; 0 where a policy has no such option. */
export type PolicySettings = {
  readonly [Key in 'seed' | 'boundPermille' | 'waitMs' | 'ipv6Prefix']: EngineListenerOptions[Key];
};

/**
 * What the slots of a listener have alike, also after a burst: a connection that would put one too far
 * ahead is held back until the others have caught up. Null where the policy does not want that.
 */
export type Evenness = 'count' | 'open' | 'count-per-weight' | null;

/** A policy. `Options` are those that users may give beside its name. */
export interface PolicyDefinition<Options = object> {
  readonly name: PolicyName;
  /** For lists that people read: a few words after the name. */
  readonly help: string;
  readonly keepsEven: Evenness;
  /** The keys of its options. */
  readonly keys: Record<keyof Options & string, true>;
  /** Of options whose keys are right. Throws `ERR_RONDO_INVALID_OPTION`. */
  settings(options: Options): Partial<PolicySettings>;
  /** For one listener. */
  create(settings: PolicySettings): Picker;
}
