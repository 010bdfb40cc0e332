/** Whatever a program here talks to: the other server of a proxy, a queue, the collector of errors. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const SLOW_MS = 300;

export interface Sink {
  url: string;
  /** The paths that were asked for, in order. */
  asked: string[];
  close(): Promise<void>;
}

export async function openSink(): Promise<Sink> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    request.resume();
    if (request.url !== '/slow') {
      response.end('{}');
      return;
    }
    response.flushHeaders();
    setTimeout(() => response.end('{}'), SLOW_MS);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
