/**
 * Help texts of metrics, which the program gives where it opens a counter, gauge or histogram, and who shows metrics
 * reads: a map of rondo/shared, by the kind and the metric's name. What does not fit is not there.
 */

import { map } from './map.js';
import type { SharedMap } from './types.js';

const MAP = { name: 'rondo:help', entries: 4_096, keyBytes: 220, valueBytes: 500 } as const;

export const LONGEST_HELP_BYTES = MAP.valueBytes;

export type MetricKind = 'counter' | 'gauge' | 'histogram';

let opened: SharedMap | undefined;

/** Of several processes the last one counts. With the addon only. */
export function keepHelp(kind: MetricKind, family: string, help: string): void {
  const key = `${kind} ${family}`;
  opened ??= map(MAP);
  if (opened.get(key)?.toString() !== help) opened.set(key, help);
}

/** Undefined: nobody has given one. */
export function helpOf(kind: MetricKind, family: string): string | undefined {
  opened ??= map(MAP);
  return opened.get(`${kind} ${family}`)?.toString();
}
