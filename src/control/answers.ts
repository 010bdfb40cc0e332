/** What the control socket answers, beside the Snapshot. No code. */

import type { SupervisorOptions } from '../supervisor/types.js';
import type { Asker } from './peers.js';
import type { Snapshot } from './types.js';

/** Of `GET /v1`: who answers. */
export interface ControlIdentity {
  /** The name by which it is found. */
  name: string;
  pid: number;
  /** The version of rondo. */
  rondo: string;
  /** The file that the workers run. */
  program: string;
}

/** Of `GET /v1/status`: everything. */
export interface ControlStatus extends Snapshot {
  name: string;
  program: string;
  options: OptionsInForce;
  /** Null before the first one. */
  lastReload: LastReload | null;
  control: ControlFigures;
}

/** Options as they are now, with defaults. Of the environment only the names, and of a function that it is one. */
export interface OptionsInForce extends Omit<SupervisorOptions, 'env' | 'policy'> {
  env: string[];
  policy: unknown;
}

/** What has become of a reload. */
export interface LastReload {
  /** When it began, in milliseconds since 1970. */
  time: number;
  /** `stopped`: the supervisor was stopped meanwhile. */
  outcome: 'running' | 'done' | 'failed' | 'stopped';
  /** How long it took, or has taken until now. */
  ms: number;
  /** Of one that failed: the message, the seat and what its worker wrote last, where it was for a worker. */
  error: { code: string; message: string; seat?: number; lastOutput?: string } | null;
}

/** What has been turned away at the control socket. */
export interface ControlFigures {
  /** Requests that were answered, with whatever status. */
  requests: number;
  /** Connections of other users. */
  forbidden: number;
  /** Connections beyond the 64 that there may be at once, closed. */
  tooMany: number;
  /** What was no request, or did not come to its end in time. */
  malformed: number;
  /** Readers that did not read, closed. */
  unread: number;
}

/** A line of the log: an event of the Supervisor's with its fields, a note, or something that was asked for. */
export interface LogRecord {
  /** ISO 8601. */
  time: string;
  /** The event's name, `'note'` or `'action'`. */
  event: string;
  /** As it is written for people. */
  text: string;
  [field: string]: unknown;
}

/** Something that was asked for by the control socket. */
export interface ControlAction {
  /** `'reload'`, `'scale'`, … */
  action: string;
  /** What it was asked with, such as `{ workers: 4 }`. */
  arguments: Record<string, unknown>;
  by: Asker;
  /** Null when it begins; when it has failed, why. */
  error: Error | null;
}
