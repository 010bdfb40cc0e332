/** The clients of the programs: one that waits, one that is idle, and many that never pause. */

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { Pool } from 'undici';

const CONNECTIONS = 8;
/** Longer than anything may take that is answered at all. */
const LIMIT_MS = 10_000;
/** After that a load has failed, and need not go on. */
const MOST_FAILURES = 100;

/** The whole answer, over a connection of its own. */
export async function ask(port: number, path: string): Promise<string> {
  return text(await responseOf(port, path));
}

/** Resolves when the request is being served; the answer is its body, or the error that came in place of it. */
export async function inFlight(port: number): Promise<{ answer: Promise<string> }> {
  const response = await responseOf(port, '/slow');
  return { answer: text(response).catch((error: NodeJS.ErrnoException) => String(error.code)) };
}

async function responseOf(port: number, path: string): Promise<http.IncomingMessage> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const request = http.get({ host: '127.0.0.1', port, path, agent: false, signal });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return response;
}

/** A keep-alive connection that has been answered once; resolves with a promise of its close. */
export async function idle(port: number): Promise<{ closed: Promise<unknown> }> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  socket.resume();
  // A reset is an end, too.
  socket.on('error', () => {});
  return { closed: once(socket, 'close') };
}

export interface Load {
  /** Resolves when every request is answered; may be called twice. */
  end(): Promise<{ answered: number; failures: string[] }>;
}

/** Keep-alive connections of undici's pool, each of which asks again when it is answered, and new ones beside. */
export function startLoad(port: number): Load {
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: CONNECTIONS,
    headersTimeout: LIMIT_MS,
  });
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const keepOn = async (one: () => Promise<unknown>): Promise<void> => {
    while (!isOver && failures.length < MOST_FAILURES) {
      try {
        await one();
        answered++;
      } catch (error) {
        failures.push(String((error as NodeJS.ErrnoException).code ?? error));
      }
    }
  };
  const kept = async (): Promise<unknown> =>
    (await pool.request({ path: '/', method: 'GET' })).body.text();
  const all = [...Array.from({ length: CONNECTIONS }, () => kept), () => ask(port, '/')].map(
    keepOn,
  );
  let over: Promise<{ answered: number; failures: string[] }> | undefined;
  const end = async (): Promise<{ answered: number; failures: string[] }> => {
    isOver = true;
    await Promise.all(all);
    await pool.close();
    return { answered, failures };
  };
  return {
    end: () => {
      over ??= end();
      return over;
    },
  };
}
