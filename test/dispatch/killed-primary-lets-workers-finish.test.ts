// When the primary is killed its workers go on serving the connections they have, and end by themselves
// when there is nothing else for them to do.

import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { isAlive, startPrimary, until } from '../fixtures/faults.js';
import { transports } from '../fixtures/harness.js';

for (const transport of transports()) {
  test(transport, async (t) => {
    const dispatcher = { transport };
    const primary = await startPrimary(t, { dispatcher, workers: 2, args: ['http'] });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const request = async (): Promise<number> => {
      const sent = http.get({ host: '127.0.0.1', port: primary.port, agent });
      const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
      return Number(await text(response));
    };
    const serving = await request();
    const idle = primary.workers.find((pid) => pid !== serving) as number;
    const exit = once(primary.child, 'exit');
    primary.child.kill('SIGKILL');
    await exit;
    await until('the idle one has ended', () => !isAlive(idle));
    t.equal(await request(), serving, 'over the connection it had');
    t.ok(isAlive(serving));
    agent.destroy();
    await until('the other has ended too', () => !isAlive(serving));
  });
}
