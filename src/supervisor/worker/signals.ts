/**
 * SIGTERM and SIGINT that somebody else than the primary sends, such as a terminal to its whole
 * group. A program that listens itself decides itself.
 */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export type EndSignal = (typeof SIGNALS)[number];

const heard = new Set<EndSignal>();

/** Calls back unless the program listens to the signal. */
export function onEndSignal(listener: (signal: EndSignal) => void): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (programHandles(signal)) heard.add(signal);
      else listener(signal);
    });
  }
}

/** Whether there is a listener beside the one here. */
export function programHandles(signal: EndSignal): boolean {
  return process.listenerCount(signal) > 1;
}

/** Whether the program's listeners have had the signal. */
export function hasHeard(signal: EndSignal): boolean {
  return heard.has(signal);
}
