/** What is given with a counter, gauge or histogram of how it is shown as a metric. */

import { invalidOption } from '../errors.js';
import { checkKeys, type Keys } from '../options.js';
import { missingReason } from './environment.js';
import { keepHelp, LONGEST_HELP_BYTES, type MetricKind } from './help.js';
import { seriesName } from './series-name.js';
import type { MetricOptions } from './types.js';

const KEYS: Keys<MetricOptions> = { labels: true, help: true };

/** Keeps the help text; the name by which it is found, with its labels. Throws as counter() does. */
export function metricName(kind: MetricKind, base: string, options: MetricOptions): string {
  checkKeys('options', options, KEYS);
  const { labels, help } = options;
  const name = seriesName(base, labels);
  if (help === undefined) return name;
  if (typeof help !== 'string' || Buffer.byteLength(help) > LONGEST_HELP_BYTES) {
    throw invalidOption('help', `a string of at most ${LONGEST_HELP_BYTES} bytes`, help);
  }
  if (missingReason() === undefined) keepHelp(kind, base, help);
  return name;
}
