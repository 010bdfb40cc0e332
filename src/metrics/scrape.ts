/** Answers `/metrics`: asks the sources in their order, and keeps the text for those who come right after. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Bytes } from './bytes.js';
import {
  type Block,
  CONTENT_TYPES,
  Exposition,
  type Format,
  formatFor,
  type MetricSource,
} from './exposition.js';
import { end, type Handler } from './server.js';

/** Scrapers that come so close after another one get its text: a flood of them costs little. */
const SHARED_MS = 50;

interface Body {
  at: number;
  bytes: Bytes;
  /** Responses that are not through with it. */
  readers: number;
}

export function scrapeHandler(sources: readonly MetricSource[]): Handler {
  const kept = new Map<Format, Body>();
  const bodyIn = (format: Format): Body => {
    const now = performance.now();
    const last = kept.get(format);
    if (last !== undefined && now - last.at < SHARED_MS) return last;
    const bytes = last?.readers === 0 ? last.bytes : last?.bytes.copy();
    // Until it is whole: a source may fail in the middle.
    kept.delete(format);
    const body = { at: now, bytes: bytes ?? new Bytes(), readers: 0 };
    write(sources, Exposition.over(body.bytes, format)).end();
    kept.set(format, body);
    return body;
  };
  return (request, response) => {
    const format = formatFor(request.headers.accept);
    let body: Body;
    try {
      body = bodyIn(format);
    } catch (error) {
      // A source of the program's; without it there would be no telling what is missing.
      return end(response, 500, `A source of metrics has failed: ${(error as Error).message}\n`);
    }
    body.readers++;
    response.once('close', () => body.readers--);
    endScrape(request, response, format, body.bytes.written);
  };
}

export function endScrape(
  request: IncomingMessage,
  response: ServerResponse,
  format: Format,
  bytes: Buffer,
): void {
  response.writeHead(200, {
    'Content-Type': CONTENT_TYPES[format],
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
    Vary: 'Accept',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** The same in pieces, for a process that puts it together with that of others; `own` are labels of each sample. */
export function blocksOf(
  sources: readonly MetricSource[],
  format: Format,
  own: Readonly<Record<string, string>>,
): Block[] {
  return write(sources, new Exposition(format, own)).blocks();
}

export function expose(sources: readonly MetricSource[], format: Format): Buffer {
  return write(sources, new Exposition(format)).end();
}

function write(sources: readonly MetricSource[], into: Exposition): Exposition {
  for (const source of sources) source.write(into);
  return into;
}
