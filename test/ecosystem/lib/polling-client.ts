/**
 * A client of Socket.IO that polls: Engine.IO's protocol 4 on connections of its own, one for each request, which is
 * the hardest that can be asked of whoever deals them.
 */

import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

/** In one payload packets are separated by it. */
const SEPARATOR = '\x1e';

export interface Place {
  port: number;
  isSecure?: boolean;
  headers?: Record<string, string>;
  localAddress?: string;
  /** For connections that resume a TLS session. */
  agent?: https.Agent;
}

export class PollingError extends Error {}

export class PollingClient {
  readonly #place: Place;
  #sid = '';

  constructor(place: Place) {
    this.#place = place;
  }

  /** Rejects with a {@link PollingError} of what the server has answered. */
  async connect(): Promise<void> {
    const open = await this.#request('GET');
    this.#sid = (JSON.parse(open.slice(1)) as { sid: string }).sid;
    await this.#request('POST', '40');
    const answer = await this.#poll();
    if (!answer.startsWith('40')) throw new PollingError(`no namespace: ${answer}`);
  }

  /** Sends bytes and resolves with those that come back, and the worker's pid. */
  async echo(bytes: Buffer): Promise<{ pid: number; bytes: Buffer }> {
    const event = '451-["echo",{"_placeholder":true,"num":0}]';
    await this.#request('POST', `${event}${SEPARATOR}b${bytes.toString('base64')}`);
    const packets = (await this.#poll()).split(SEPARATOR);
    const [head = '', attachment] = packets as [string, string | undefined];
    const binary = attachment ?? (await this.#poll());
    const pid = Number(/"echo",(\d+)/.exec(head)?.[1]);
    return { pid, bytes: Buffer.from(binary.slice(1), 'base64') };
  }

  #poll(): Promise<string> {
    return this.#request('GET');
  }

  #request(method: string, body?: string): Promise<string> {
    const { port, isSecure = false, headers = {}, localAddress, agent } = this.#place;
    const sid = this.#sid === '' ? '' : `&sid=${this.#sid}`;
    const options = {
      host: '127.0.0.1',
      ...{ port, method, headers: { connection: 'close', ...headers } },
      path: `/socket.io/?EIO=4&transport=polling${sid}`,
      agent: agent ?? (false as const),
      ...(localAddress !== undefined && { localAddress }),
      ...(isSecure && { rejectUnauthorized: false }),
    };
    return new Promise((resolve, reject) => {
      const request = isSecure ? https.request(options) : http.request(options);
      request.on('error', reject);
      request.on('response', (response) => {
        const then = (answer: string): void => {
          if (response.statusCode === 200) resolve(answer);
          else reject(new PollingError(answer));
        };
        text(response).then(then, reject);
      });
      request.end(body);
    });
  }
}

/** `task(0)` to `task(count - 1)`, so many at a time. */
export async function inParallel(
  count: number,
  most: number,
  task: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: most }, run));
}
