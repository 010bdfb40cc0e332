/** Which worker gets a connection: types of the public surface. No code. */

import type { OpenListener } from './options.js';
import type { SlotStats } from './stats.js';

/**
 * Which worker gets the next connection, among those that have room in their window:
 * - `'round-robin'`: in turn, and as many for each. Right for most servers.
 * - `'least-connections'`: the one that has the fewest at the moment; among equals the next in turn.
 *   For connections that live long and unevenly, such as WebSockets.
 * - `'two-choices'`: of two, the one that has fewer; which two changes from one to the next.
 * - `'least-loaded'`: leaves out workers whose event loop is late, then as `'least-connections'`.
 * - `'source-ip'`: the same worker for the same client, by its address, as long as the worker serves.
 * - `'random'`: any, each as likely.
 * - `'weighted'`: in turn, and as many as the slot's `weight` says.
 */
export type PolicyName =
  | 'round-robin'
  | 'least-connections'
  | 'two-choices'
  | 'least-loaded'
  | 'source-ip'
  | 'random'
  | 'weighted';

/** A policy by its name, by its name with options, or a function that decides itself. */
export type Policy = PolicyName | PolicyOptions | PickFunction;

/** A policy by its name with its options. Only `'source-ip'` and `'random'` have some. */
export type PolicyOptions = { name: PolicyName } | SourceIpOptions | RandomOptions;

/**
 * Options of `'source-ip'`. Each address ranks all workers, always in the same order, so that one that
 * comes or goes moves its own clients and no others. Clients of a Unix socket have no address and are
 * dealt by round robin.
 */
export interface SourceIpOptions {
  name: 'source-ip';
  /**
   * The largest share of the open connections that a worker may have, in multiples of the mean: 1.01 to
   * 100. A client beyond it gets the next worker of its rank. Default: none, which leaves it to the
   * addresses.
   */
  bound?: number;
  /**
   * How many milliseconds a connection waits for its worker while that has no room, before it goes to
   * the next by rank: 0 to 60,000. Default 100.
   */
  waitMs?: number;
  /** How many bits of an IPv6 address name a client: 1 to 128. Default 64, what one network has. */
  ipv6Prefix?: number;
}

/** Options of `'random'`. */
export interface RandomOptions {
  name: 'random';
  /** The same seed gives the same sequence: 0 to 4,294,967,295. Default: another one each time. */
  seed?: number;
}

/**
 * Decides in the primary which worker gets each of some new connections. Called on the event loop of the
 * thread that made the dispatcher, with all connections of one listener that wait for an answer, so one
 * call answers many of them in a storm.
 *
 * Returns the `id` of a slot for each connection, in their order, or null for round robin. Must answer at
 * once (not by a promise) and within `pickTimeoutMs`, which counts from the arrival of a connection. A
 * connection waits up to 100 ms for a worker without room, and then goes to another.
 *
 * If it throws, or answers a list of another length or ids that are not among `slots`, those connections
 * are dealt by round robin and the dispatcher emits `'policy:error'`.
 */
export type PickFunction = (
  connections: PickConnection[],
  slots: PickSlot[],
) => Array<number | null>;

/** A connection that a {@link PickFunction} decides on. */
export interface PickConnection {
  /** The peer's address; null for a Unix socket. */
  address: string | null;
  /** The peer's port; 0 for a Unix socket. */
  port: number;
  /** Null for a Unix socket. */
  family: 'IPv4' | 'IPv6' | null;
  /** Where it came: what `dispatcher.listen()` returned. */
  listener: OpenListener;
}

/** A worker that a {@link PickFunction} can choose: one that serves connections. In order of `id`. */
export interface PickSlot {
  /** The slot's number. */
  id: number;
  /** Connections that it has received and that have not ended. */
  open: number;
  /** Connections that were handed to it and that it has not received. */
  pending: number;
  /** As in {@link SlotStats}. */
  loopDelayMs: number | null;
  /** As in {@link SlotStats}. */
  utilisation: number | null;
  /** The slot's weight. */
  weight: number;
}
