// A client may send at any moment of a move: before the worker looks, while the descriptor is on its way, when the
// primary has it. 10,000 requests of clients that wait for nothing between an answer and the next request but a random
// moment shorter than a move; some come in parts, some two at a time. Each is answered, in order, on its connection.

import { test } from 'tap';
import { settles } from '../fixtures/faults.js';
import { fixture, nativeOnly, openDeck } from '../fixtures/harness.js';
import { KeepAliveClient } from '../fixtures/keep-alive.js';

const CLIENTS = 10;
const REQUESTS = 1_000;
const LONGEST_US = 400;

/** What a timer cannot wait for. */
function spin(us: number): void {
  const end = performance.now() + us / 1_000;
  while (performance.now() < end);
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('10,000 times', nativeOnly, async (t) => {
  const deck = await openDeck(t, { rebalance: 'always' });
  const file = fixture('moving-worker.mjs');
  for (let i = 0; i < 2; i++) await deck.worker(['http'], { file });
  const served = new Map<string, number>();
  const note = (text: string): void => {
    served.set(text, (served.get(text) ?? 0) + 1);
  };
  const clients: KeepAliveClient[] = [];
  t.teardown(() => {
    for (const client of clients) client.destroy();
  });
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = await KeepAliveClient.open(deck.port);
      clients.push(client);
      for (let i = 0; i < REQUESTS; ) {
        spin(Math.random() * LONGEST_US);
        const request = `GET /${i} HTTP/1.1\r\nHost: here\r\n\r\n`;
        if (i % 10 === 0) {
          const [first, second] = await Promise.all([
            client.send(request + request),
            client.answer(),
          ]);
          note(first.body.toString());
          note(second.body.toString());
          i += 2;
        } else if (i % 10 === 3) {
          const at = Math.floor(Math.random() * request.length);
          const answer = client.send(request.slice(0, at));
          await turn();
          client.socket.write(request.slice(at));
          note((await answer).body.toString());
          i++;
        } else {
          note((await client.send(request)).body.toString());
          i++;
        }
      }
    }),
  );
  t.equal(
    [...served.values()].reduce((a, b) => a + b),
    CLIENTS * REQUESTS,
  );
  t.equal(served.size, 2, 'by both');
  t.strictSame(
    clients.map(({ ended }) => ended),
    Array(CLIENTS).fill(null),
  );
  const { moved } = deck.dispatcher.stats().idle;
  t.ok(moved > (CLIENTS * REQUESTS) / 2, `${moved} moves`);
  await settles(t, () => deck.dispatcher.stats(), { accepted: CLIENTS, idle: { held: CLIENTS } });
});
