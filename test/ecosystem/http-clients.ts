/** A visit to an HTTP server: several requests over one connection, and what each was answered. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { fixture } from '../fixtures/harness.js';
import type { Client, Visit } from './compare.js';

const ca = readFileSync(fixture('localhost-cert.pem'));
const ONE_CONNECTION = { keepAlive: true, maxSockets: 1 };
const REQUESTS = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/json' },
  { method: 'HEAD', path: '/' },
  { method: 'POST', path: '/echo', body: JSON.stringify({ posted: 'and back', number: 1 }) },
  { method: 'GET', path: '/nowhere' },
];
const JSON_TYPE = { 'content-type': 'application/json' };

type Headers = Record<string, unknown>;

export const overHttp: Client = (port) =>
  requests(http.request, new http.Agent(ONE_CONNECTION), port);

export const overHttps: Client = (port) =>
  requests(https.request, new https.Agent({ ...ONE_CONNECTION, ca }), port);

async function requests(
  request: typeof http.request,
  agent: http.Agent,
  port: number,
): Promise<Visit> {
  const visit = new HttpVisit();
  for (const { method, path, body } of REQUESTS) {
    const headers = body === undefined ? {} : JSON_TYPE;
    const sent = request({ host: '127.0.0.1', port, path, method, agent, headers });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    visit.add(response.headers, [response.statusCode, response.httpVersion, await text(response)]);
  }
  agent.destroy();
  return visit.end();
}

export const overHttp2: Client = async (port) => {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
  const visit = new HttpVisit();
  for (const { method, path, body } of REQUESTS) {
    const headers = body === undefined ? {} : JSON_TYPE;
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    stream.end(body);
    const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    visit.add(response, [await text(stream)]);
  }
  session.close();
  return visit.end();
};

class HttpVisit {
  readonly #workers = new Set<number>();
  readonly #answers: unknown[] = [];

  add({ 'x-worker': worker, date, ...headers }: Headers, rest: unknown[]): void {
    this.#workers.add(Number(worker));
    this.#answers.push([...rest, { ...headers, hasDate: date !== undefined }]);
  }

  end(): Visit {
    return { workers: [...this.#workers], answers: this.#answers };
  }
}
