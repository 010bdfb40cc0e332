/** One line on stderr for each event of a Supervisor: to be read, or JSON. */

import type { RondoError } from '../errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { SupervisorEvents, WorkerInfo } from '../supervisor/types.js';
import { placeOf, textOf } from './place.js';

type Event = keyof SupervisorEvents;

type Texts = { [E in Event]: (...args: SupervisorEvents[E]) => string };

/** What is said for people. */
const TEXTS: Texts = {
  'worker:starting': (worker) => `${nameOf(worker)} starts`,
  'worker:ready': (worker) =>
    `${nameOf(worker)} ready after ${worker.readyAfterMs} ms${where(worker)}`,
  'worker:draining': (worker) => `${nameOf(worker)} drains (${worker.reason})`,
  'worker:exited': (worker) => `${nameOf(worker)} ${how(worker)}${drained(worker)}`,
  'worker:error': (worker, stack) => `${nameOf(worker)} has an uncaught error: ${firstLine(stack)}`,
  'worker:hung': (worker, ageMs) => `${nameOf(worker)} has hung for ${ageMs} ms; it is killed`,
  'worker:hurried': (worker) =>
    `${nameOf(worker)} is the oldest of too many that drain; it closes what is left`,
  'seat:waiting': (seat, delayMs) => `worker ${seat} starts again in ${delayMs} ms`,
  'seat:stopped': (seat, output) => `worker ${seat} failed too often and stays away${last(output)}`,
  degraded: ({ missing, ready, workers }) =>
    `degraded: ${ready} of ${workers} workers ready, worker ${missing.join(', ')} missing`,
  recovered: () => 'recovered: every worker is well',
  'address:closed': (address) =>
    `${textOf(address)} is closed, as no worker listens there since the reload`,
  'reload:begin': () => 'reload: begins',
  'reload:end': () => 'reload: done',
  'reload:failed': (error) => `reload: failed, the old workers stay: ${error.message}`,
  'upgrade:begin': (pid) => `upgrade: process ${pid} starts, to replace process ${process.pid}`,
  'upgrade:end': (pid) => `upgrade: process ${pid} serves, process ${process.pid} drains`,
  'upgrade:failed': (error) =>
    `upgrade: failed, process ${process.pid} serves on: ${error.message}`,
  'upgrade:taken': (pid) => `upgrade: process ${process.pid} has replaced process ${pid}`,
  'recycle:failed': (error) => `recycle: failed, the old worker stays: ${error.message}`,
  'agent:ready': (pid) => `agent (pid ${pid}) ready`,
  'agent:exited': (code, signal) =>
    `agent ended ${signal === null ? `with code ${code}` : `by ${signal}`}`,
  'agent:stopped': (error) => error.message,
  unhealthy: ({ agent, ready, workers }) =>
    `unhealthy: ${ready} of ${workers} workers ready${agent === false ? ', no agent' : ''}`,
  failed: (error) => error.message,
  stopping: () => 'stopping',
  stopped: () => 'stopped',
};

/** The names of an event's arguments in a JSON line; a worker's fields stand in the line itself. */
const FIELDS: Partial<Record<Event, string[]>> = {
  'worker:error': ['worker', 'stack'],
  'worker:hung': ['worker', 'ageMs'],
  'address:closed': ['address'],
  'seat:waiting': ['seat', 'delayMs'],
  'seat:stopped': ['seat', 'lastOutput'],
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
  degraded: ['what'],
  failed: ['error'],
};

/** `write` gets whole lines, without the newline. */
export function logEvents(
  supervisor: Supervisor,
  isJson: boolean,
  write: (line: string) => void,
): void {
  for (const event of Object.keys(TEXTS) as Event[]) {
    supervisor.on(event, (...args: unknown[]) => {
      write(
        isJson
          ? jsonLine(event, args)
          : `rondo: ${(TEXTS[event] as (...args: unknown[]) => string)(...args)}`,
      );
    });
  }
}

/** A line that is no event of the Supervisor's. */
export function noteLine(text: string, isJson: boolean): string {
  return isJson ? jsonLine('note', [{ text }]) : `rondo: ${text}`;
}

function jsonLine(event: string, args: unknown[]): string {
  const fields: Record<string, unknown> = {};
  for (const [index, value] of args.entries()) {
    const name = FIELDS[event as Event]?.[index] ?? 'worker';
    if (value instanceof Error) Object.assign(fields, { [name]: value.message }, detailsOf(value));
    else if (typeof value === 'object' && value !== null) Object.assign(fields, value);
    else fields[name] = value;
  }
  return JSON.stringify({ time: new Date().toISOString(), event, ...fields });
}

/** Of an error about a worker: in which seat, and what it wrote last. */
function detailsOf(error: Error): object {
  const { seat, lastOutput } = error as RondoError;
  return { ...(seat !== undefined && { seat }), ...(lastOutput !== undefined && { lastOutput }) };
}

function nameOf({ seat, pid }: WorkerInfo): string {
  return pid === null ? `worker ${seat}` : `worker ${seat} (pid ${pid})`;
}

function where({ listening }: WorkerInfo): string {
  return listening.length === 0 ? '' : `, listening on ${listening.map(placeOf).join(', ')}`;
}

function how({ code, signal, reason, livedMs }: WorkerInfo): string {
  if (code === null && signal === null) return 'could not be started';
  const end = signal === null ? `with code ${code}` : `by ${signal}`;
  return `ended ${end} after ${(livedMs / 1_000).toFixed(1)} s (${reason})`;
}

function drained({ drained }: WorkerInfo): string {
  if (drained === null) return '';
  const { open, idle, destroyed, ms } = drained;
  return `; drained in ${Math.round(ms)} ms: ${open} open, ${idle} idle, ${destroyed} destroyed`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string;
}

function last(output: string): string {
  return output === '' ? '' : `; its last words:\n${output.trimEnd()}`;
}
