// The program's own 'message' events, in the primary, of its workers and in them, are those of its
// messages, and its messages arrive as they were sent, those that look like rondo's too.

import { test } from 'tap';
import { startProgram, ways } from '../fixtures/cluster.js';
import { until } from '../fixtures/faults.js';

const MESSAGES = [
  'text',
  { cmd: 'RONDO', rondo: 1 },
  { cmd: 'cluster', act: 'queryServer' },
  [1, 2],
];

for (const serialization of ['json', 'advanced']) {
  for (const way of ways) {
    test(`${serialization}, ${way.name}`, way.options, async (t) => {
      const program = await startProgram(t, way, { setup: { serialization } });
      await program.primary(({ cluster, log }) => {
        for (const worker of Object.values(cluster.workers ?? {})) {
          worker?.on('message', (message: unknown) => {
            if (Object(message).answers === undefined) log.push(['of worker', worker.id, message]);
          });
          worker?.process.on('message', (message: unknown) => {
            if (Object(message).answers === undefined) log.push(['of process', worker.id, message]);
          });
        }
      });
      for (const id of [1, 2]) {
        await program.worker(
          id,
          async ({ listen }, messages) => {
            await listen(0, '127.0.0.1');
            await listen(0, '127.0.0.1');
            for (const message of messages) process.send?.(message);
          },
          MESSAGES,
        );
        await program.primary(
          ({ cluster }, worker, messages) => {
            for (const message of messages) cluster.workers?.[worker]?.send(message as object);
          },
          id,
          MESSAGES,
        );
      }
      const said = () =>
        program.primary(({ log }) => log.filter(([event]) => /message|^of/.test(event as string)));
      await until('all have come', async () => (await said()).length >= 3 * 2 * MESSAGES.length);
      for (const event of ['message', 'of worker', 'of process']) {
        for (const id of [1, 2]) {
          const got = (await said()).filter((entry) => entry[0] === event && entry[1] === id);
          t.strictSame(
            got.map((entry) => entry[2]),
            MESSAGES,
            `${event}: ${id}`,
          );
        }
      }
      for (const id of [1, 2]) {
        const got = await program.worker(id, ({ log }) => log);
        t.strictSame(
          got,
          MESSAGES.map((message) => ['message', message]),
        );
      }
    });
  }
}
