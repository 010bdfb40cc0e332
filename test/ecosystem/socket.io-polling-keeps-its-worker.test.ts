// Socket.IO with HTTP long polling over four workers, each request on a connection of its own: no session is unknown but
// those of a worker that was killed, and what is binary arrives as it was sent. SOCKET_IO_SESSIONS says how many.

import { randomBytes } from 'node:crypto';
import https from 'node:https';
import { test } from 'tap';
import { fixture, nativeOnly, openDeck, type Worker } from '../fixtures/harness.js';
import { inParallel, type Place, PollingClient, PollingError } from './lib/polling-client.js';

const SESSIONS = Number(process.env.SOCKET_IO_SESSIONS ?? 400);
const PROGRAM = fixture('../ecosystem/programs/socket.io-polling.mjs');

interface Case {
  name: string;
  sticky: string;
  sessions: number;
  place?: (n: number) => Partial<Place>;
  env?: Record<string, string>;
}

const CASES: Case[] = [
  { name: 'by sid', sticky: 'query:sid', sessions: SESSIONS },
  {
    name: 'over HTTPS, by address',
    sticky: 'tls-session,address',
    sessions: 40,
    place: (n) => ({ isSecure: true, localAddress: `127.0.1.${n + 1}` }),
    env: { CERT: 'yes', STICKY: 'off' },
  },
  {
    name: 'over HTTPS, by session ticket',
    sticky: 'tls-session',
    sessions: 40,
    // Caches the ticket of the last connection.
    place: () => ({ isSecure: true, agent: new https.Agent({ maxCachedSessions: 1 }) }),
    env: { CERT: 'yes', STICKY: 'off' },
  },
];

for (const { name, sticky, sessions, place = () => ({}), env = {} } of CASES) {
  test(`${sessions} sessions, ${name}`, { ...nativeOnly, timeout: 500_000 }, async (t) => {
    const deck = await openDeck(t, { sticky });
    const workers: Worker[] = [];
    const spawn = { env: { ...process.env, ...env } };
    for (let i = 0; i < 4; i++) workers.push(await deck.worker([], { file: PROGRAM, spawn }));
    const clients = Array.from(
      { length: sessions },
      (_, n) => new PollingClient({ port: deck.port, ...place(n) }),
    );
    const pids: number[] = [];
    const errors: string[] = [];
    let damaged = 0;
    const exchange = async (client: PollingClient, n: number): Promise<number> => {
      const sent = randomBytes(1 + (n % 3_000));
      const { pid, bytes } = await client.echo(sent);
      if (!bytes.equals(sent)) damaged++;
      return pid;
    };
    await inParallel(sessions, 32, async (n) => {
      const client = clients[n] as PollingClient;
      try {
        await client.connect();
        pids[n] = await exchange(client, n);
      } catch (error) {
        errors.push((error as Error).message);
      }
    });
    t.strictSame(errors, [], 'all sessions begin');
    t.equal(new Set(pids).size, 4, 'on all workers');

    const [gone] = workers as [Worker];
    await gone.kill();
    const unknown = new Set<number>();
    await inParallel(sessions, 32, async (n) => {
      try {
        const pid = await exchange(clients[n] as PollingClient, n);
        if (pid !== pids[n]) errors.push(`${n} has moved`);
      } catch (error) {
        if (error instanceof PollingError && error.message.includes('Session ID unknown'))
          unknown.add(pids[n] as number);
        else errors.push((error as Error).message);
      }
    });
    t.strictSame(errors, []);
    t.strictSame([...unknown], [gone.pid], 'none is unknown but those of the one that was killed');
    t.equal(damaged, 0, 'what is binary is what was sent');
  });
}
