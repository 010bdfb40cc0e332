/**
 * What a member and the directory say to each other. Small, seldom and structured, so each message is one cloned
 * array in one frame.
 */

import { deserialize, serialize } from 'node:v8';
import { frameOf } from './frames.js';
import type { Member, Role } from './types.js';

/** Thousands of names of events fit into one. */
export const MAX_CONTROL_BYTES = 16 * 1024 * 1024;

/** What a member says of itself. */
export interface Introduction extends Member {
  readonly address: string;
  /** On the machine's monotonic clock, in milliseconds: tells the newest of two. */
  readonly startedAt: number;
  readonly listens: readonly string[];
  readonly handles: readonly string[];
}

/** What has changed in what a member listens for. */
export interface Change {
  readonly listens: readonly string[];
  readonly handles: readonly string[];
  readonly noListens: readonly string[];
  readonly noHandles: readonly string[];
}

export type ToDirectory =
  | ['join', version: number, introduction: Introduction]
  | ['change', version: number, change: Change]
  /** A 'joined' or 'changed' is known. */
  | ['known', tag: number];

export type FromDirectory =
  | ['welcome', others: readonly Introduction[]]
  | ['joined', tag: number, introduction: Introduction]
  | ['changed', tag: number, id: string, change: Change]
  | ['left', id: string]
  /** All others know what this member has said up to that version. */
  | ['settled', version: number];

export function controlFrame(message: ToDirectory | FromDirectory): Buffer {
  return frameOf(serialize(message));
}

export function readControl(payload: Buffer): unknown[] {
  const message: unknown = deserialize(payload);
  if (!Array.isArray(message)) throw new Error('a control message that is no array');
  return message;
}

const ROLES: readonly Role[] = ['primary', 'agent', 'worker', 'thread', 'other'];

/** Throws at what is none. */
export function checkIntroduction(value: unknown): Introduction {
  const { id, pid, seat, role, address, startedAt, listens, handles } = value as Introduction;
  const isOne =
    isText(id) &&
    Number.isInteger(pid) &&
    (seat === null || Number.isInteger(seat)) &&
    ROLES.includes(role) &&
    isText(address) &&
    typeof startedAt === 'number' &&
    areTexts(listens) &&
    areTexts(handles);
  if (!isOne) throw new Error('a member that does not say who it is');
  return { id, pid, seat, role, address, startedAt, listens, handles };
}

export function checkChange(value: unknown): Change {
  const { listens, handles, noListens, noHandles } = value as Change;
  if (![listens, handles, noListens, noHandles].every(areTexts)) throw new Error('a bad change');
  return { listens, handles, noListens, noHandles };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
