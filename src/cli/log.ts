/** One line on stderr for each event of a Supervisor: to be read, or JSON. */

import type { ControlAction } from '../control/answers.js';
import { eventFields } from '../control/event-log.js';
import { actionText } from '../control/routes.js';
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
  'worker:awaited': (worker, { addresses, waitMs }) =>
    `${nameOf(worker)} is waited for, at most ${waitMs} ms: it does not listen on ${addresses.map(textOf).join(', ')} yet`,
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
  leaving: (delayMs) => `leaving: all is served for ${delayMs} ms more, then it stops`,
  stopping: () => 'stopping',
  stopped: () => 'stopped',
};

/** What is said of an event, without the name of rondo in front. */
export function describe(event: Event, args: readonly unknown[]): string {
  return (TEXTS[event] as (...args: unknown[]) => string)(...args);
}

/** `write` gets whole lines, without the newline. */
export function logEvents(
  supervisor: Supervisor,
  isJson: boolean,
  write: (line: string) => void,
): void {
  for (const event of Object.keys(TEXTS) as Event[]) {
    supervisor.on(event, (...args: unknown[]) => {
      write(isJson ? jsonLine(event, eventFields(event, args)) : `rondo: ${describe(event, args)}`);
    });
  }
}

/** A line that is no event of the Supervisor's. */
export function noteLine(text: string, isJson: boolean): string {
  return isJson ? jsonLine('note', { text }) : `rondo: ${text}`;
}

/** Something that was asked for by the control socket. */
export function actionLine(action: ControlAction, isJson: boolean): string {
  if (!isJson) return `rondo: ${actionText(action)}`;
  return jsonLine('action', { ...action, error: action.error?.message ?? null });
}

function jsonLine(event: string, fields: object): string {
  return JSON.stringify({ time: new Date().toISOString(), event, ...fields });
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
  const why = reason === 'oom' ? 'oom: the kernel killed it for want of memory' : reason;
  return `ended ${end} after ${(livedMs / 1_000).toFixed(1)} s (${why})`;
}

function drained({ drained }: WorkerInfo): string {
  if (drained === null) return '';
  const { open, idle, moved, destroyed, ms } = drained;
  const what = `${open} open${moved > 0 ? `, ${moved} moved` : ''}, ${idle} idle, ${destroyed} destroyed`;
  return `; drained in ${Math.round(ms)} ms: ${what}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string;
}

function last(output: string): string {
  return output === '' ? '' : `; its last words:\n${output.trimEnd()}`;
}
