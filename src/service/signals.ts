/**
 * What signals mean to a supervising process:
 * SIGTERM, SIGINT and SIGPWR stop, a second one ends the delay of that, or all at once; SIGHUP reloads, and if it
 * comes because the terminal has closed stops; SIGUSR2 upgrades; SIGTTIN and SIGTTOU add and remove a worker.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { MOST_WORKERS } from '../supervisor/options.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { StopSignal, SupervisorStats } from '../supervisor/types.js';
import type { Terminal } from './terminal.js';

/**
 * Of one stop a process may hear twice: npm, npx, dumb-init and others pass a signal on that the whole group
 * has got, too; dotenvx a second later. What comes after that is somebody's who does not want to wait.
 */
export const SAME_STOP_MS = 2_000;
/** At a terminal a person may be faster, but not as fast as a parent. */
const SAME_KEY_MS = 300;
/** The kernel may send SIGHUP shortly before the terminal is gone. */
const CLOSING_MS = 50;

export interface SignalActions {
  reload(): void;
  upgrade(): void;
  /** The second signal: everything is about to be killed. The Supervisor's `'stopped'` follows. */
  onForced(signal: StopSignal): void;
  note(text: string): void;
  onError(error: Error): void;
}

/** What signals are about: a Supervisor, or what runs several programs. */
export type Signalled = Pick<Supervisor, 'stop' | 'kill' | 'scale' | 'workers'> & {
  /** After the scalings that wait. */
  readonly workersToBe?: number;
  stats(): Pick<SupervisorStats, 'state'>;
  /** Where somebody else may end the delay of a stop. */
  on?(event: 'stopping', then: () => void): unknown;
};

/** Works until the process ends. As PID 1 too, which gets no signal that it does not handle. */
export function handleSignals(
  supervisor: Signalled,
  terminal: Terminal | null,
  actions: SignalActions,
): void {
  let stoppedAt: number | null = null;
  const stop = (signal: StopSignal): void => {
    stoppedAt ??= performance.now();
    supervisor.stop(signal).catch(actions.onError);
  };
  // Of a signal to the whole group the one that this process gets may come after what ended the delay.
  supervisor.on?.('stopping', () => {
    if (stoppedAt !== null) stoppedAt = performance.now();
  });
  const stopOrForce = (signal: StopSignal): void => {
    if (stoppedAt === null) return stop(signal);
    const isKey = signal === 'SIGINT' && terminal !== null;
    if (performance.now() - stoppedAt < (isKey ? SAME_KEY_MS : SAME_STOP_MS)) return;
    if (supervisor.stats().state === 'leaving') {
      // The first of those who do not want to wait ends the delay.
      stoppedAt = performance.now();
      supervisor.stop(signal, { delayMs: 0 }).catch(actions.onError);
      return;
    }
    actions.onForced(signal);
    supervisor.kill().catch(actions.onError);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stopOrForce(signal));
  }
  process.on('SIGPWR', () => stopOrForce('SIGTERM'));

  process.on('SIGUSR2', () => actions.upgrade());
  process.on('SIGHUP', async () => {
    if (terminal === null) return actions.reload();
    if (!terminal.isGone) await delay(CLOSING_MS);
    if (!terminal.isGone) return actions.reload();
    actions.note('the terminal has closed');
    stop('SIGTERM');
  });

  const scaleBy = (change: number, signal: NodeJS.Signals): void => {
    // The kernel sends them to all of a job in the background that reads from the terminal or writes to it.
    if (terminal?.isAnothers === true) {
      actions.note(`${signal} adds and removes no worker, as this is a background job`);
      return;
    }
    const before = supervisor.workersToBe ?? supervisor.workers;
    const workers = Math.max(1, Math.min(MOST_WORKERS, before + change));
    if (workers !== before) supervisor.scale(workers).catch(actions.onError);
  };
  process.on('SIGTTIN', () => scaleBy(1, 'SIGTTIN'));
  process.on('SIGTTOU', () => scaleBy(-1, 'SIGTTOU'));
}
