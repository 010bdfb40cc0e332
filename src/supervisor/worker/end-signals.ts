/**
 * What a signal means to a supervised worker. SIGTERM: it drains, and the program's handlers are called when
 * that has come so far. A terminal sends SIGINT to its whole group, so what is to be done the
 * primary says. SIGHUP and SIGUSR2 are the primary's, as are SIGTTIN and SIGTTOU; whoever sends
 * them to all must not end the workers. All others are as without rondo.
 */

import { createRequire } from 'node:module';
import { deliver, programHandles, watchSignal } from './signals.js';

const require = createRequire(import.meta.url);

const PRIMARYS = ['SIGHUP', 'SIGUSR2'] as const;
/** Where there is a terminal they stop a job that is not in its foreground, as Node lets them. */
const PRIMARYS_WITHOUT_TERMINAL = ['SIGTTIN', 'SIGTTOU'] as const;

/** How long a SIGINT is the primary's business. */
const INTERRUPT_MS = 1_000;
/** Within this time after a program's handler has been called, it raises the signal again. */
const RAISE_MS = 10_000;

export interface SignalHost {
  /** Whether a drain has begun. */
  isDraining(): boolean;
  /** Somebody else than the primary wants it to end. */
  onEndSignal(signal: NodeJS.Signals): void;
  /** The program has handled the signal, removed its handler and raised the signal again. */
  onRaised(signal: NodeJS.Signals): void;
}

export function handleSignals(host: SignalHost): void {
  watchSignal('SIGTERM', () => {
    if (!host.isDraining()) host.onEndSignal('SIGTERM');
  });
  const give = deliverOrRaise(host);
  let wait: NodeJS.Timeout | undefined;
  watchSignal('SIGINT', () => {
    if (host.isDraining()) return;
    if (!process.connected) return host.onEndSignal('SIGINT');
    clearTimeout(wait);
    wait = setTimeout(() => {
      if (!host.isDraining()) give('SIGINT');
    }, INTERRUPT_MS).unref();
  });
  for (const signal of PRIMARYS) watchSignal(signal, () => give(signal));
  const { isatty } = require('node:tty') as typeof import('node:tty');
  if ([0, 1, 2].some((fd) => isatty(fd))) return;
  for (const signal of PRIMARYS_WITHOUT_TERMINAL) watchSignal(signal, () => give(signal));
}

/** Calls the program's listeners; without any, nothing happens. */
function deliverOrRaise(host: SignalHost): (signal: NodeJS.Signals) => void {
  const givenAt = new Map<NodeJS.Signals, number>();
  return (signal) => {
    if (programHandles(signal)) {
      givenAt.set(signal, performance.now());
      deliver(signal);
    } else if (performance.now() - (givenAt.get(signal) ?? -RAISE_MS) < RAISE_MS) {
      host.onRaised(signal);
    }
  };
}
