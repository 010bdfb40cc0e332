/** What can be read by GET: from the Supervisor and from shared memory, so no worker is waited for. */

import type { Supervisor } from '../supervisor/supervisor.js';
import { VERSION } from '../version.js';
import { RequestError } from './answering.js';
import type {
  ControlFigures,
  ControlIdentity,
  ControlStatus,
  LogRecord,
  OptionsInForce,
} from './answers.js';
import { type EventLog, MOST_LINES } from './event-log.js';
import type { ReloadRecord } from './last-reload.js';
import { takeSnapshot } from './snapshot.js';

const DEFAULT_LINES = 100;

export interface ReadContext {
  supervisor: Supervisor;
  log: EventLog;
  reloads: ReloadRecord;
  name(): string;
  figures(): ControlFigures;
}

type Read = (context: ReadContext, query: URLSearchParams) => unknown;

export const READS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['/v1', identity],
  ['/v1/status', status],
  ['/v1/workers', ({ supervisor }) => takeSnapshot(supervisor).seats],
  ['/v1/listeners', ({ supervisor }) => takeSnapshot(supervisor).listeners],
  ['/v1/options', ({ supervisor }) => optionsOf(supervisor)],
  ['/v1/logs', logs],
]);

function identity({ supervisor, name }: ReadContext): ControlIdentity {
  return { name: name(), pid: process.pid, rondo: VERSION, program: supervisor.options.exec };
}

function status(context: ReadContext): ControlStatus {
  const { supervisor, reloads, name, figures } = context;
  return {
    name: name(),
    program: supervisor.options.exec,
    ...takeSnapshot(supervisor),
    options: optionsOf(supervisor),
    lastReload: reloads.last,
    control: figures(),
  };
}

/** What the environment's variables are is nobody's business who asks what the options are. */
function optionsOf(supervisor: Supervisor): OptionsInForce {
  const { env, policy, ...options } = supervisor.options;
  return {
    ...options,
    env: Object.keys(env ?? {}),
    policy: typeof policy === 'function' ? 'function' : policy,
  };
}

function logs({ log }: ReadContext, query: URLSearchParams): LogRecord[] {
  return log.last(linesIn(query, DEFAULT_LINES));
}

/** How many lines are asked for. Throws a {@link RequestError}. */
export function linesIn(query: URLSearchParams, fallback: number): number {
  const text = query.get('last');
  if (text === null) return fallback;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 0 && count <= MOST_LINES) return count;
  throw new RequestError(
    400,
    `'last' must be an integer from 0 to ${MOST_LINES}. Received '${text}'`,
  );
}
