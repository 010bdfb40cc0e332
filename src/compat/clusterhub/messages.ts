/**
 * What the primary and the other processes tell each other over `rondo/hub`. All goes through the primary, as in clusterhub:
 * so a value that is set before an event is emitted is there for whoever hears the event.
 */

import type { Packed } from './functions.js';

/** To the primary. */
export const TO_PRIMARY = 'rondo:clusterhub:to-primary';
/** From the primary, to all that wait for it: it is there now. */
export const PRIMARY_IS_THERE = 'rondo:clusterhub:primary';

/** From the primary to one process. */
export function toMember(id: string): string {
  return `rondo:clusterhub:to-${id}`;
}

interface HubEvent {
  hub: string;
  event: string;
}

/** A function that was an argument is called, or is not known any more. */
export type FunctionMessage =
  | ({ kind: 'call'; key: number } & Packed)
  | { kind: 'release'; key: number };

export type ToPrimary =
  | { kind: 'hello' }
  /** After what it said at first, which is what it listens for. */
  | { kind: 'ready' }
  | ({ kind: 'emit' } & HubEvent & Packed)
  | ({ kind: 'on' } & HubEvent)
  | ({ kind: 'off' } & HubEvent)
  /** Of all events of the hub, if it is null. */
  | { kind: 'off-all'; hub: string; event: string | null }
  /** `key`: of the callback, or null. */
  | { kind: 'command'; hub: string; name: string; args: unknown[]; key: number | null }
  | FunctionMessage;

export type ToMember =
  /** `missed`: how many messages from before could not be kept for it. */
  | { kind: 'welcome'; missed: number }
  | ({ kind: 'emit' } & HubEvent & Packed)
  | { kind: 'result'; hub: string; key: number | null; result: unknown; error: Failure | null }
  | FunctionMessage;

/** An error, as it is sent. */
export interface Failure {
  name: string;
  message: string;
  code?: string;
}
