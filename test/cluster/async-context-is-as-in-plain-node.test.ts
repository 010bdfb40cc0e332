// What a worker's program has in an AsyncLocalStorage when it calls listen() or bind() is there, or is not, in the events
// that follow, as in plain Node.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { plainNode, preloaded, type Way } from '../fixtures/cluster.js';
import { fixture, transports } from '../fixtures/harness.js';

const run = promisify(execFile);

async function look({ nodeArgs }: Way, transport: string): Promise<unknown> {
  const env = { ...process.env, NODE_OPTIONS: '', RONDO_TRANSPORT: transport };
  const args = [...nodeArgs, fixture('async-context-in-a-worker.mjs')];
  const { stdout } = await run(process.execPath, args, { env, timeout: 30_000 });
  return JSON.parse(/^seen (.*)$/m.exec(stdout)?.[1] ?? 'null');
}

for (const transport of transports()) {
  test(transport, preloaded.options, async (t) => {
    const plain = await look(plainNode, transport);
    t.match(plain, { listening: String, connection: String, data: String, end: String });
    t.match(plain, { error: String, udp: String });
    t.strictSame(await look(preloaded, transport), plain);
  });
}
