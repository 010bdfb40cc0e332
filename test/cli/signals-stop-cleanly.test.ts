// SIGTERM and SIGINT go to the workers: they finish what they serve, the program's own handlers
// run, and the exit code is 0. A second signal ends all at once.

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'tap';
import { noneIsLeft, runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture, read } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves when the response has begun. */
async function begin(port: number, path: string): Promise<http.IncomingMessage> {
  const request = http.get({ port, path, host: '127.0.0.1', agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return response;
}

async function isRefused(port: number): Promise<boolean> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

for (const signal of SIGNALS) {
  test(`${signal}: nothing is left`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2']);
    const port = await run.listening(2);
    run.child.kill(signal);
    t.equal(await run.end, 0);
    await noneIsLeft(run);
    t.equal(run.stderr(), '');
    await t.rejects(read(port), { code: 'ECONNREFUSED' });
  });

  test(`${signal}: what is being served is finished`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2']);
    const response = await begin(await run.listening(2), '/slow');
    run.child.kill(signal);
    let body = '';
    for await (const chunk of response) body += chunk;
    t.match(JSON.parse(body), { pid: Number });
    t.equal(await run.end, 0);
  });

  test(`${signal}: the program's own handler`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2'], { APP_HANDLES: signal });
    await run.listening(2);
    run.child.kill(signal);
    t.equal(await run.end, 0);
    for (const { pid } of run.workers()) t.match(run.stdout(), `own handler, ${pid}`);
  });

  test(`${signal}: a second one`, async (t) => {
    const run = runCli(t, ['start', APP, '-w', '2']);
    const port = await run.listening(2);
    const response = await begin(port, '/stuck');
    run.child.kill(signal);
    // The first has been heeded when nobody listens any more.
    await until('nobody listens', () => isRefused(port));
    t.equal(run.child.exitCode, null, 'it waits for the response');
    run.child.kill(signal);
    t.equal(await run.end, signal === 'SIGTERM' ? 143 : 130);
    await noneIsLeft(run);
    response.destroy();
  });
}
