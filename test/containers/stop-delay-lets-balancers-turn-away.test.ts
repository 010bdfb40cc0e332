// With a stop delay the supervisor leaves before it stops: its probe fails while everything is still served, so that
// a load balancer that polls it sends elsewhere before anything is refused.

import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { ask, bodyOf } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { openProbed } from '../fixtures/probed.js';

/** How often the probe is asked. */
const PERIOD_MS = 20;

test('a balancer that polls sees nothing refused', async (t) => {
  // The balancer ends the delay's work long before the delay ends, on a busy machine, too.
  const backend = await openProbed(t, { workers: 2, stopDelayMs: 3_000, idleGraceMs: 100 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  t.teardown(() => agent.destroy());
  let isIn = true;
  let served = 0;
  let afterStop = 0;
  let isStopping = false;
  const failures: string[] = [];
  const request = async (isKept: boolean): Promise<void> => {
    const sent = http.get({
      port: backend.port,
      host: '127.0.0.1',
      agent: isKept ? agent : false,
    });
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    await bodyOf(response);
    served++;
    if (isStopping) afterStop++;
  };
  const client = async (isKept: boolean): Promise<void> => {
    while (isIn) await request(isKept).catch((error: Error) => failures.push(error.message));
  };
  const clients = [true, true, false, false].map(client);
  const statuses: number[] = [];
  const balancer = (async () => {
    while (isIn) {
      const response = await fetch(`http://127.0.0.1:${backend.probePort}/ready`);
      await response.text();
      statuses.push(response.status);
      // As balancers do it: one that has failed twice gets nothing more.
      isIn = statuses.length < 2 || statuses.slice(-2).some((status) => status === 200);
      if (isIn) await delay(PERIOD_MS);
    }
  })();
  await until('it is under load', () => served > 50);
  isStopping = true;
  backend.stop();
  await balancer;
  await Promise.all(clients);
  t.strictSame(failures, []);
  t.equal(statuses[0], 200);
  t.strictSame([...new Set(statuses)], [200, 503], 'it has changed its mind once');
  t.ok(afterStop > 0, 'it was served after the signal');
  const { events, code } = await backend.end();
  t.strictSame(events, ['leaving 3000', 'stopping', 'stopped']);
  t.equal(code, 0);
});

test('without a delay connections are refused at once', async (t) => {
  const backend = await openProbed(t, { workers: 1 });
  t.ok(await ask(backend.port));
  backend.stop();
  const { events } = await backend.end();
  t.strictSame(events, ['stopping', 'stopped'], 'it does not leave first');
});
