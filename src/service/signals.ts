/**
 * What signals mean to a supervising process:
 * SIGTERM and SIGINT stop, a second one at once; SIGHUP and SIGUSR2 reload; SIGTTIN and SIGTTOU add and
 * remove a worker.
 */

import { MOST_WORKERS } from '../supervisor/options.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { StopSignal } from '../supervisor/types.js';

export interface SignalActions {
  reload(): void;
  /** The second signal: everything is about to be killed. The Supervisor's `'stopped'` follows. */
  onForced(signal: StopSignal): void;
  onError(error: Error): void;
}

/** Works until the process ends. As PID 1 too, which gets no signal that it does not handle. */
export function handleSignals(supervisor: Supervisor, actions: SignalActions): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const isSecond = isStopping;
      isStopping = true;
      if (!isSecond) {
        supervisor.stop(signal).catch(actions.onError);
        return;
      }
      actions.onForced(signal);
      supervisor.kill().catch(actions.onError);
    });
  }
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => actions.reload());
  const scaleBy = (change: number): void => {
    const workers = Math.max(1, Math.min(MOST_WORKERS, supervisor.workers + change));
    if (workers !== supervisor.workers) supervisor.scale(workers).catch(actions.onError);
  };
  process.on('SIGTTIN', () => scaleBy(1));
  process.on('SIGTTOU', () => scaleBy(-1));
}
