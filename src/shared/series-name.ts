/**
 * Names of counters, gauges and histograms that have labels: `http_requests_total{code="200",method="GET"}`, as metrics
 * are written, with the labels in the order of their names. Pure.
 */

import { invalidOption } from '../errors.js';
import type { MetricOptions } from './types.js';

const FAMILY = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const PAIR = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

/** The name with the labels of the options. Throws `ERR_RONDO_INVALID_OPTION`. */
export function seriesName(name: string, labels: MetricOptions['labels']): string {
  if (labels === undefined) return name;
  if (typeof labels !== 'object' || labels === null) throw invalidOption('labels', LABELS, labels);
  if (!FAMILY.test(name)) throw invalidOption('name', "a metric's name, as it has labels", name);
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length === 0) return name;
  const texts = pairs.map(([label, value]) => {
    if (!LABEL.test(label)) throw invalidOption('labels', LABELS, label);
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw invalidOption(`labels.${label}`, 'a string or a number', value);
    }
    return `${label}="${String(value).replace(/["\\\n]/g, escaped)}"`;
  });
  return `${name}{${texts.join(',')}}`;
}

const LABELS = 'an object whose keys are letters, digits and _, not beginning with a digit or __';

export interface SeriesName {
  family: string;
  labels: Record<string, string>;
}

/** Null: it is not written so. */
export function parseSeriesName(name: string): SeriesName | null {
  const at = name.indexOf('{');
  const family = at < 0 ? name : name.slice(0, at);
  if (!FAMILY.test(family)) return null;
  const labels: Record<string, string> = {};
  if (at < 0) return { family, labels };
  if (!name.endsWith('}')) return null;
  const text = name.slice(at + 1, -1);
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const [whole, label = '', value = '', comma] = PAIR.exec(text) ?? [];
    if (whole === undefined || !LABEL.test(label) || Object.hasOwn(labels, label)) return null;
    labels[label] = value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    if (comma === '' && PAIR.lastIndex !== text.length) return null;
    if (comma === ',' && PAIR.lastIndex === text.length) return null;
  }
  return text === '' ? null : { family, labels };
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
