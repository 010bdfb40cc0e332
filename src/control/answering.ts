/** Reads a request's body, and writes an answer; both with an end in sight. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { RondoError } from '../errors.js';
import type { ErrorAnswer } from './requests.js';

const MOST_BYTES = 64 * 1024;
/** A client that has not read its answer by then is closed. */
const READ_MS = 10_000;

/** What is wrong with a request, whatever the Supervisor would say. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An object; empty without a body. Rejects with a {@link RequestError}. */
export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) {
      throw new RequestError(413, `A request's body has at most ${MOST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new RequestError(400, `The body is no JSON: ${(error as Error).message}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RequestError(400, 'The body must be a JSON object');
  }
  return body as Record<string, unknown>;
}

/** `onUnread` is called when the client has not read it in time, and is closed. */
export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  onUnread: () => void,
): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
  const timer = setTimeout(() => {
    onUnread();
    response.destroy();
  }, READ_MS).unref();
  response.once('close', () => clearTimeout(timer));
}

/** Its status, and what the client is told. */
export function errorAnswer(error: unknown): { status: number; body: { error: ErrorAnswer } } {
  const { message = String(error) } = error as Error;
  if (error instanceof RequestError) {
    return { status: error.status, body: { error: { code: 'REQUEST', message } } };
  }
  if (!(error instanceof RondoError)) {
    const { code = 'FAILED' } = error as NodeJS.ErrnoException;
    return { status: 500, body: { error: { code, message } } };
  }
  const { code, option, expected, seat, lastOutput } = error;
  const details = { option, expected, seat, lastOutput };
  const given = Object.fromEntries(
    Object.entries(details).filter(([, value]) => value !== undefined),
  );
  return { status: statusOf(error), body: { error: { code, message, ...given } } };
}

function statusOf({ code }: RondoError): number {
  switch (code) {
    case 'ERR_RONDO_INVALID_OPTION':
    case 'ERR_RONDO_UNKNOWN_OPTION':
      return 400;
    case 'ERR_RONDO_NATIVE_MISSING':
      return 501;
    // It has been understood, and could not be done.
    default:
      return 409;
  }
}
