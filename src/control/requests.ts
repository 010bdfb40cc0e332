/** One request to a control socket, and what its answer means. */

import http, { type IncomingMessage } from 'node:http';
import { RondoError, type RondoErrorCode, type RondoErrorDetails } from '../errors.js';

export interface Request {
  /** Of the socket. */
  path: string;
  method: 'GET' | 'POST';
  url: string;
  body?: object;
  /** Until the answer begins, and between its parts. Default none. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/** Of an error in an answer. */
export interface ErrorAnswer extends RondoErrorDetails {
  code: string;
  message: string;
}

/** Resolves with the answer's body. */
export async function ask<T>(request: Request): Promise<T> {
  const response = await begin(request);
  try {
    return JSON.parse(await textOf(response)) as T;
  } catch (error) {
    throw gone(request, (error as Error).message);
  }
}

/** Resolves when the answer begins, if it is no error. */
export function begin(request: Request): Promise<IncomingMessage> {
  const { path, method, url, body, timeoutMs, signal } = request;
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const options = { socketPath: path, method, path: url, agent: false, headers } as const;
    const sent = http.request({ ...options, ...(signal !== undefined && { signal }) });
    if (timeoutMs !== undefined) {
      sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    }
    sent.once('error', (error) => reject(signal?.aborted ? error : gone(request, error.message)));
    sent.once('response', (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      if (status < 400) return resolve(response);
      textOf(response).then(
        (answer) => reject(errorIn(answer, status)),
        (error: Error) => reject(gone(request, error.message)),
      );
    });
    sent.end(text);
  });
}

/** Ends without an error when the connection does. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  let rest = '';
  response.setEncoding('utf8');
  response.setTimeout(0);
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() as string;
      yield* lines;
    }
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNRESET' && name !== 'AbortError') throw error;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

function gone({ path }: Request, why: string): RondoError {
  return new RondoError('ERR_RONDO_CONTROL_GONE', `No rondo answers at '${path}': ${why}`);
}

/** With the code of the other one's error, where that is one of rondo's. */
function errorIn(text: string, status: number): RondoError {
  let answer: ErrorAnswer | undefined;
  try {
    answer = (JSON.parse(text) as { error: ErrorAnswer }).error;
  } catch {
    // What answers is no rondo.
  }
  const { code = '', message = `It answers with status ${status}`, ...details } = answer ?? {};
  const isRondos = code.startsWith('ERR_RONDO_');
  const own = (isRondos ? code : 'ERR_RONDO_CONTROL_REFUSED') as RondoErrorCode;
  return new RondoError(own, message, details);
}
