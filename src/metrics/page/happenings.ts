/** The Supervisor's last events in words, for the page's list. Bounded by number and by length. */

import type { RondoError } from '../../errors.js';
import type { Supervisor } from '../../supervisor/supervisor.js';
import type { SupervisorEvents, WorkerInfo } from '../../supervisor/types.js';
import type { Address } from '../../types/options.js';
import type { Happening } from './wire.js';

const MOST = 200;

/** A worker may write whatever it likes before it ends. */
const LONGEST_TEXT = 300;
const LONGEST_DETAIL = 2_000;

interface Words {
  text: string;
  seat?: number | undefined;
  detail?: string | undefined;
}

type Event = keyof SupervisorEvents;
type Wording = { [E in Event]?: (...args: SupervisorEvents[E]) => Words };

/** Starts, readiness and drains are in the timeline only: with 64 workers they would be all that the list has. */
const WORDING: Wording = {
  'worker:exited': (worker) => ({ ...nameOf(worker), text: endOf(worker) }),
  'worker:error': (worker, stack) => ({
    ...nameOf(worker),
    text: `has an uncaught error: ${stack.split('\n', 1)[0]}`,
    detail: stack,
  }),
  'worker:hung': (worker, ageMs) => ({
    ...nameOf(worker),
    text: `has hung for ${ageMs} ms and is killed`,
  }),
  'worker:awaited': (worker, { addresses }) => ({
    ...nameOf(worker),
    text: `is waited for: it does not listen on ${addresses.map(textOf).join(', ')} yet`,
  }),
  'worker:hurried': (worker) => ({
    ...nameOf(worker),
    text: 'is the oldest of too many that drain, and closes what is left',
  }),
  'seat:waiting': (seat, delayMs) => ({ seat, text: `starts again in ${delayMs} ms` }),
  'seat:stopped': (seat, detail) => ({ seat, text: 'failed too often and stays empty', detail }),
  degraded: ({ missing, ready, workers }) => ({
    text: `degraded: ${ready} of ${workers} workers ready, missing ${missing.join(', ')}`,
  }),
  recovered: () => ({ text: 'recovered: every worker is well' }),
  'address:closed': (address) => ({
    text: `${textOf(address)} is closed: no worker listens there`,
  }),
  'reload:begin': () => ({ text: 'reload begins' }),
  'reload:end': () => ({ text: 'reload done' }),
  'reload:failed': (error) => ({ ...failure(error), text: `reload failed: ${error.message}` }),
  'recycle:failed': (error) => ({ ...failure(error), text: `recycle failed: ${error.message}` }),
  'agent:ready': (pid) => ({ text: `agent (pid ${pid}) ready` }),
  'agent:exited': (code, signal) => ({
    text: `agent ended ${signal === null ? `with code ${code}` : `by ${signal}`}`,
  }),
  'agent:stopped': (error) => ({ text: error.message }),
  unhealthy: ({ agent, ready, workers }) => ({
    text: `unhealthy: ${ready} of ${workers} workers ready${agent === false ? ', no agent' : ''}`,
  }),
  stopping: () => ({ text: 'stopping' }),
};

export class Happenings {
  readonly #all: Happening[] = [];
  readonly #off: Array<() => void> = [];
  #lastId = 0;
  #lastTaken = 0;

  constructor(supervisor: Supervisor) {
    for (const event of Object.keys(WORDING) as Event[]) {
      const words = WORDING[event] as (...args: unknown[]) => Words;
      const listener = (...args: unknown[]): void => this.#add(event, words(...args));
      supervisor.on(event, listener);
      this.#off.push(() => supervisor.off(event, listener));
    }
  }

  /** The oldest first. */
  get all(): readonly Happening[] {
    return this.#all;
  }

  /** Those since the last call. */
  takeNew(): Happening[] {
    const since = this.#lastTaken;
    this.#lastTaken = this.#lastId;
    return this.#all.filter(({ id }) => id > since);
  }

  close(): void {
    for (const off of this.#off) off();
  }

  #add(event: Event, { text, seat, detail = '' }: Words): void {
    this.#all.push({
      id: ++this.#lastId,
      time: Date.now(),
      event,
      seat: seat ?? null,
      text: bounded(text.split('\n', 1)[0] as string, LONGEST_TEXT),
      // The end of what a worker wrote says why it ended.
      detail: detail.slice(-LONGEST_DETAIL).trim(),
    });
    if (this.#all.length > MOST) this.#all.shift();
  }
}

function nameOf({ seat }: WorkerInfo): { seat: number } {
  return { seat };
}

function endOf({ pid, code, signal, reason, livedMs }: WorkerInfo): string {
  if (code === null && signal === null) return 'could not be started';
  const end = signal === null ? `with code ${code}` : `by ${signal}`;
  return `(pid ${pid}) ended ${end} after ${(livedMs / 1_000).toFixed(1)} s (${reason})`;
}

function failure(error: Error): { seat: number | undefined; detail: string | undefined } {
  const { seat, lastOutput } = error as RondoError;
  return { seat, detail: lastOutput };
}

export function textOf(address: Address | null): string {
  if (address === null) return 'not open';
  if (typeof address === 'string') return address.replace('\0', '@');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}

function bounded(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
