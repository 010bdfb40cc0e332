/**
 * The last lines of a Supervisor's log, and who follows it. Each event is a record, as the lines of `--json` are; what is said
 * of it for people comes from whoever writes the log. Bounded: the oldest lines go.
 */

import type { RondoError } from '../errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { SupervisorEvents } from '../supervisor/types.js';
import type { LogRecord } from './answers.js';

type Event = keyof SupervisorEvents;

/** As many are kept, and can be asked for. */
export const MOST_LINES = 1_000;
/** Of all together; what a worker wrote last may be long. */
const MOST_BYTES = 1 << 20;

/** All events, and the names of their arguments in a record; a worker's fields stand in the record itself. */
export const EVENT_FIELDS: Record<Event, readonly string[]> = {
  'worker:starting': ['worker'],
  'worker:ready': ['worker'],
  'worker:draining': ['worker'],
  'worker:exited': ['worker'],
  'worker:error': ['worker', 'stack'],
  'worker:hung': ['worker', 'ageMs'],
  'worker:awaited': ['worker', 'awaited'],
  'worker:hurried': ['worker'],
  'seat:waiting': ['seat', 'delayMs'],
  'seat:stopped': ['seat', 'lastOutput'],
  degraded: ['what'],
  recovered: [],
  'address:closed': ['address'],
  'reload:begin': [],
  'reload:end': [],
  'reload:failed': ['error'],
  'upgrade:begin': ['pid'],
  'upgrade:end': ['pid'],
  'upgrade:failed': ['error'],
  'upgrade:taken': ['pid'],
  'recycle:failed': ['error'],
  'agent:ready': ['pid'],
  'agent:exited': ['code', 'signal'],
  'agent:stopped': ['error'],
  unhealthy: ['health'],
  failed: ['error'],
  leaving: ['delayMs'],
  stopping: [],
  stopped: [],
};

/** An event's arguments, by names. */
export function eventFields(event: string, args: readonly unknown[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [index, value] of args.entries()) {
    const name = EVENT_FIELDS[event as Event]?.[index] ?? 'worker';
    if (value instanceof Error) Object.assign(fields, { [name]: value.message }, detailsOf(value));
    else if (typeof value === 'object' && value !== null) Object.assign(fields, value);
    else fields[name] = value;
  }
  return fields;
}

/** Of an error about a worker: in which seat, and what it wrote last. */
function detailsOf(error: Error): object {
  const { seat, lastOutput } = error as RondoError;
  return { ...(seat !== undefined && { seat }), ...(lastOutput !== undefined && { lastOutput }) };
}

/** For people. */
export type Describe = (event: keyof SupervisorEvents, args: readonly unknown[]) => string;

export class EventLog {
  readonly #lines: Array<{ record: LogRecord; bytes: number }> = [];
  #bytes = 0;
  readonly #followers = new Set<(record: LogRecord, line: string) => void>();

  /** From now on. By default a record's text is the name of its event. */
  constructor(supervisor: Supervisor, describe: Describe = (event) => event) {
    for (const event of Object.keys(EVENT_FIELDS) as Event[]) {
      supervisor.on(event, (...args: unknown[]) => {
        this.add(event, describe(event, args), eventFields(event, args));
      });
    }
  }

  /** A line that is no event. */
  note(text: string): void {
    this.add('note', text, {});
  }

  add(event: string, text: string, fields: Record<string, unknown>): void {
    const record: LogRecord = { time: new Date().toISOString(), event, ...fields, text };
    const line = `${JSON.stringify(record)}\n`;
    const bytes = Buffer.byteLength(line);
    this.#lines.push({ record, bytes });
    this.#bytes += bytes;
    while (this.#lines.length > MOST_LINES || this.#bytes > MOST_BYTES) {
      this.#bytes -= this.#lines.shift()?.bytes ?? 0;
    }
    for (const follow of [...this.#followers]) follow(record, line);
  }

  /** The oldest first. */
  last(count: number): LogRecord[] {
    return count === 0 ? [] : this.#lines.slice(-count).map(({ record }) => record);
  }

  /** Returns what ends it. */
  follow(then: (record: LogRecord, line: string) => void): () => void {
    this.#followers.add(then);
    return () => this.#followers.delete(then);
  }
}
