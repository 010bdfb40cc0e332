/**
 * What a process tells of its registries, and the answer. Every message is one small frame, and the next one is sent when
 * the last one is answered: so what is on the way always has room in the socket, and no write ever waits for a
 * primary that is blocked.
 *
 *   process ──hello──▶ primary, once
 *           ──series──▶ those that are new; from the first again if some are gone
 *           ──values──▶ of all its series     ──done──▶ all is told that has changed
 *           ◀──answer── to each: how soon to tell again
 */

import { deserialize, serialize } from 'node:v8';
import { frameOf } from '../hub/frames.js';

/** A quarter of what a socket holds by default. */
export const MOST_FRAME_BYTES = 65_536;

/** Of one process, whose values fit into one frame. Beyond them its series are left out and counted. */
export const MOST_SERIES = 8_000;

/** Characters of its labels' names and values, as OpenMetrics allows. */
export const LONGEST_EXEMPLAR = 128;
const EXEMPLARS_IN_FRAME = 100;

/** So many series are tried first for a frame: most fit, and to try all of thousands takes long. */
const SERIES_IN_FRAME = 256;

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** A metric of a registry, without its values. */
export interface Definition {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: string;
  /** Of a histogram: its buckets, which must be the same in all processes. Otherwise empty. */
  readonly bounds: string;
}

/** A case of what was counted, such as the trace of a request. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** In seconds since 1970. */
  readonly time: number;
}

/** Of the series at that place. */
export type PlacedExemplar = readonly [place: number, exemplar: Exemplar];

/** One of its numbers, told from the others by what follows the metric's name, and by its labels. */
export interface Series {
  readonly metric: Definition;
  readonly suffix: string;
  readonly labels: Readonly<Record<string, string>>;
}

const Type = { hello: 1, series: 2, values: 3, done: 4, exemplars: 5 } as const;

/** How many could not be told, by the reason. */
export type LeftOut = Readonly<Record<string, number>>;

export type Message =
  | { type: 'hello'; pid: number }
  /** `isAnew`: these take the place of all that were told before. */
  | { type: 'series'; isAnew: boolean; series: readonly Series[] }
  | { type: 'values'; values: Float64Array }
  /** Those that are new. */
  | { type: 'exemplars'; exemplars: readonly PlacedExemplar[] }
  | { type: 'done'; leftOut: LeftOut };

export function helloFrame(pid: number): Buffer {
  return structured(Type.hello, pid);
}

/** As many of the series, from the first, as fit into a frame: how many, and that frame. */
export function seriesFrame(series: readonly Series[], isAnew: boolean): [number, Buffer] {
  const most = Math.min(series.length, SERIES_IN_FRAME);
  for (let count = most; count > 0; count = Math.floor(count / 2)) {
    const frame = structured(Type.series, { isAnew, series: series.slice(0, count) });
    if (frame.length <= MOST_FRAME_BYTES) return [count, frame];
  }
  return [0, structured(Type.series, { isAnew, series: [] })];
}

export function valuesFrame(values: readonly number[]): Buffer {
  const payload = Buffer.alloc(1 + values.length * 8);
  payload[0] = Type.values;
  for (const [i, value] of values.entries()) payload.writeDoubleLE(value, 1 + i * 8);
  return frameOf(payload);
}

/** Each has at most {@link LONGEST_EXEMPLAR} characters of labels. */
export function exemplarFrames(exemplars: readonly PlacedExemplar[]): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < exemplars.length; at += EXEMPLARS_IN_FRAME) {
    frames.push(structured(Type.exemplars, exemplars.slice(at, at + EXEMPLARS_IN_FRAME)));
  }
  return frames;
}

export function doneFrame(leftOut: LeftOut): Buffer {
  return structured(Type.done, leftOut);
}

function structured(type: number, value: unknown): Buffer {
  return frameOf(Buffer.concat([Buffer.from([type]), serialize(value)]));
}

/** Throws at what is none. */
export function readMessage(payload: Buffer): Message {
  const type = payload[0];
  if (type === Type.values) return readValues(payload);
  const value: unknown = deserialize(payload.subarray(1));
  if (type === Type.hello && Number.isInteger(value))
    return { type: 'hello', pid: value as number };
  if (type === Type.series) return readSeries(value);
  if (type === Type.exemplars) return { type: 'exemplars', exemplars: readExemplars(value) };
  if (type === Type.done) return { type: 'done', leftOut: readCounts(value) };
  throw new Error('an unknown message');
}

function readValues(payload: Buffer): Message {
  const bytes = payload.length - 1;
  if (bytes % 8 !== 0) throw new Error('values that are no numbers');
  const values = Float64Array.from({ length: bytes / 8 }, (_, i) =>
    payload.readDoubleLE(1 + i * 8),
  );
  return { type: 'values', values };
}

function readSeries(value: unknown): Message {
  const { isAnew, series } = value as { isAnew: unknown; series: unknown };
  if (typeof isAnew !== 'boolean' || !Array.isArray(series) || !series.every(isSeries)) {
    throw new Error('series that are none');
  }
  return { type: 'series', isAnew, series };
}

function isSeries(value: unknown): value is Series {
  const { metric, suffix, labels } = value as Series;
  const { name, help, type, aggregator, bounds } = metric;
  return (
    [name, help, aggregator, bounds, suffix].every((text) => typeof text === 'string') &&
    isMetricType(type) &&
    areLabels(labels)
  );
}

function areLabels(labels: unknown): boolean {
  return (
    typeof labels === 'object' &&
    labels !== null &&
    Object.values(labels).every((text) => typeof text === 'string')
  );
}

function readExemplars(value: unknown): PlacedExemplar[] {
  const isExemplar = ([place, { labels, value: of, time }]: PlacedExemplar): boolean =>
    Number.isInteger(place) && areLabels(labels) && [of, time].every(Number.isFinite);
  if (Array.isArray(value) && value.every(isExemplar)) return value;
  throw new Error('exemplars that are none');
}

export function isMetricType(type: unknown): type is MetricType {
  return ['counter', 'gauge', 'histogram', 'summary'].includes(type as string);
}

function readCounts(value: unknown): LeftOut {
  const entries = Object.entries(value as object);
  if (!entries.every(([, count]) => Number.isSafeInteger(count))) throw new Error('no counts');
  return Object.fromEntries(entries.slice(0, 20)) as LeftOut;
}

/** The answer to a frame: in how many milliseconds news are welcome. */
export function answerFrame(delayMs: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(delayMs, 0);
  return frameOf(payload);
}

export function readAnswer(payload: Buffer): number {
  return payload.readUInt32LE(0);
}
