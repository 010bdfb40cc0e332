/** Answers `/metrics`: asks the sources in their order, and keeps the text for those who come right after. */

import {
  CONTENT_TYPES,
  Exposition,
  type Format,
  formatFor,
  type MetricSource,
} from './exposition.js';
import type { Handler } from './server.js';

/** Scrapers that come so close after another one get its text: a flood of them costs little. */
const SHARED_MS = 50;

export function scrapeHandler(sources: readonly MetricSource[]): Handler {
  const kept = new Map<Format, { at: number; body: Buffer }>();
  const bodyIn = (format: Format): Buffer => {
    const now = performance.now();
    const last = kept.get(format);
    if (last !== undefined && now - last.at < SHARED_MS) return last.body;
    const body = expose(sources, format);
    kept.set(format, { at: now, body });
    return body;
  };
  return (request, response) => {
    const format = formatFor(request.headers.accept);
    const body = bodyIn(format);
    response.writeHead(200, {
      'Content-Type': CONTENT_TYPES[format],
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      Vary: 'Accept',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

export function expose(sources: readonly MetricSource[], format: Format): Buffer {
  const exposition = new Exposition(format);
  for (const source of sources) source.write(exposition);
  return exposition.end();
}
