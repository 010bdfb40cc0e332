/** Why a worker is not well, for people and for those who decide what follows. */

import type { SystemErrorFields } from './messages.js';
import type { ValidSupervisorOptions } from './options.js';
import type { WorkerInfo } from './types.js';

/** Errors of listening that another try does not mend while something else in the system stays as it is. */
const LASTING_ERRORS = ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'];

/** What Node's own name for it is. */
const LISTENING_CALLS = ['listen', 'bind'];

/** They are the primary's, and end a worker that has not got so far as to leave them to it. */
const PRIMARYS: ReadonlyArray<NodeJS.Signals | null> = ['SIGHUP', 'SIGUSR2'];

const HELP = 'see --ready-when message|listening|started';

/** A worker that never became well: in which seat, how it ended, and its last output. */
export class WorkerFailure extends Error {
  readonly seat: number;
  readonly lastOutput: string;
  /** A signal to the whole process group ended it while it started. */
  readonly isStray: boolean;

  constructor(worker: WorkerInfo, servedMs: number | null, lastOutput: string) {
    const { seat, pid } = worker;
    const when = servedMs === null ? '' : ` after it had been ready for ${Math.round(servedMs)} ms`;
    const output = lastOutput === '' ? '' : `\n${lastOutput.trimEnd()}`;
    super(`worker ${seat} (pid ${pid}) ${howItEnded(worker)}${when}${output}`);
    this.seat = seat;
    this.lastOutput = lastOutput;
    this.isStray = servedMs === null && PRIMARYS.includes(worker.signal);
  }
}

export function isListenError(error: SystemErrorFields | undefined): error is SystemErrorFields {
  const { code = '', syscall = '' } = error ?? {};
  return LASTING_ERRORS.includes(code) && LISTENING_CALLS.includes(syscall);
}

/** Of one whose start took too long. */
export function whyNotReady(
  { readyWhen, startTimeoutMs }: ValidSupervisorOptions,
  { isLoaded, listening }: { isLoaded: boolean; listening: readonly unknown[] },
): string {
  const not = `rondo: it was not ready within ${startTimeoutMs} ms`;
  if (readyWhen === 'message') return `${not}, as it did not send the message 'ready'; ${HELP}`;
  if (readyWhen === 'started') return `${not}, as its program has not been loaded to its end`;
  if (listening.length > 0) return not;
  const loaded = isLoaded ? 'its program has been loaded, and ' : '';
  return `${not}: ${loaded}nothing in it listens; ${HELP}`;
}

function howItEnded({ reason, code, signal }: WorkerInfo): string {
  if (code === null && signal === null) {
    return reason === 'start-failed' ? 'could not be started' : `drains (${reason})`;
  }
  if (reason === 'hung') return 'hung';
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}
