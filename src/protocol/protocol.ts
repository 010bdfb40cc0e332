/**
 * What primary and worker must agree on, in TypeScript's part of it. The frames around it are
 * `native/channel/frames.h`'s.
 */

import type { Address, Rebalance } from '../types/options.js';

/** Raised whenever {@link State}, a message of the ipc transport or a native frame changes. */
export const PROTOCOL_VERSION = 4;

/**
 * Tells a worker where its channel is: the fd's number, or `ipc`. Removed from `process.env` when
 * it is read, so that the worker's own children do not take themselves for workers.
 */
export const CHANNEL_VARIABLE = 'RONDO_CHANNEL';

/** Its value for the ipc transport. */
export const IPC_CHANNEL = 'ipc';

/** Room enough for any name a person would give, and for all of them in one frame. */
export const LONGEST_NAME = 64;

/** The most listeners of a dispatcher; the bits of a native slot's serving set. */
export const MOST_LISTENERS = 256;

/** The most slots of a dispatcher; the rows of the native board. */
export const MOST_SLOTS = 1024;

/** Bytes of an encoded {@link State}; the native channel's kMaxFrame without the frame's header. */
export const LARGEST_STATE = 192 * 1024 - 4;

/** A listener as the workers know it. */
export interface ListenerState {
  id: number;
  name: string;
  address: Address;
  /** Each worker's TLS servers have ticket keys of their own, and say so: sessions stay with their worker. */
  ownTickets?: true;
}

/** All a worker has to know. Sent whole to every worker, at its start and after each change. */
export interface State {
  version: number;
  /** Base64 of the 48 bytes every worker's TLS servers share, so that sessions resume anywhere. */
  ticketKeys: string;
  listeners: ListenerState[];
  /** Which connections a worker gives back while others serve. */
  rebalance: Rebalance;
  /** How many workers serve: 2 stands for more, too. */
  serving: number;
  /** Whether all give their connections back after each request. */
  areMoving: boolean;
}

export function encodeState(state: State): string {
  return JSON.stringify(state);
}

export function decodeState(text: string): State {
  return JSON.parse(text) as State;
}
