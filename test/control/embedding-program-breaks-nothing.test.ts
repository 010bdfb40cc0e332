// A program that embeds the Supervisor may replace net.Server's listen() and look at its own handles: the control socket
// listens all the same, does not keep the process running, and a listener of its events that throws stops nothing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { APP } from '../fixtures/supervisor.js';

async function run(t: Test, program: string): Promise<{ code: number | null; said: string[] }> {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'program.mjs');
  const head = `
    import fs from 'node:fs';
    import net from 'node:net';
    import { Supervisor } from ${JSON.stringify(import.meta.resolve('rondo'))};
    import { ControlClient, ControlServer } from ${JSON.stringify(import.meta.resolve('rondo/control'))};
    const supervisor = new Supervisor({ exec: ${JSON.stringify(APP)}, workers: 1, minUptimeMs: 50 });
    const path = ${JSON.stringify(path.join(directory, 'control'))};
    const client = new ControlClient({ path });`;
  writeFileSync(file, head + program);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: text.trim().split('\n') };
}

test('a replaced listen()', async (t) => {
  const { code, said } = await run(
    t,
    `
    net.Server.prototype.listen = () => { throw new Error('the program has replaced it'); };
    const server = new ControlServer({ supervisor, path });
    console.log(await server.listen() === path, server.path === path, server.name);
    console.log((await client.identity()).pid === process.pid);
    await server.close();
    await server.close();
    console.log(server.path);`,
  );
  t.strictSame(said, ['true true supervisor-app', 'true', 'null']);
  t.equal(code, 0);
});

test('nothing else to do', async (t) => {
  const { code, said } = await run(
    t,
    `
    await new ControlServer({ supervisor, path }).listen();
    const socket = net.connect(path).unref();
    socket.once('connect', () => socket.write('GET /v1/events HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'));
    await client.identity();
    console.log('at its end');`,
  );
  t.strictSame(said, ['at its end']);
  t.equal(code, 0, 'it ends, also with a client');
});

test('a listener that throws, and actions of its own', async (t) => {
  const { said } = await run(
    t,
    `
    process.on('uncaughtException', ({ message }) => console.log(message));
    const onAction = ({ action, error }) => { throw new Error('of ' + action + ' ' + error?.message); };
    const actions = {
      reload: async () => { throw Object.assign(new Error('not today'), { code: 'E_OWN' }); },
      upgrade: async () => ({ pid: 7 }),
    };
    await using server = new ControlServer({ supervisor, path, actions, onAction });
    await server.listen();
    await client.reload().catch(({ code, message }) => console.log(code, message));
    console.log(JSON.stringify(await client.upgrade()));`.replace('await using', 'const'),
  );
  t.strictSame(said.sort(), [
    'ERR_RONDO_CONTROL_REFUSED not today',
    'of reload not today',
    'of reload undefined',
    'of upgrade undefined',
    '{"pid":7}',
  ]);
});

test('misuse', async (t) => {
  const { said } = await run(
    t,
    `
    const tries = [{}, { supervisor: {} }, { supervisor, path: '' }, { supervisor, nmae: 'x' }, null];
    for (const options of tries) {
      try { new ControlServer(options); } catch ({ code, option }) { console.log(code, option); }
    }
    const server = new ControlServer({ supervisor, path });
    await server.listen();
    await server.listen().catch(({ code }) => console.log(code));
    console.log((await client.identity()).name);
    const other = new ControlServer({ supervisor, path: path + '2' });
    const listening = other.listen().catch(({ code }) => console.log(code));
    await other.close();
    await listening;
    await other.listen().catch(({ code }) => console.log(code));
    console.log(fs.readdirSync(path.slice(0, -7)));`,
  );
  t.strictSame(said, [
    'ERR_RONDO_INVALID_OPTION supervisor',
    'ERR_RONDO_INVALID_OPTION supervisor',
    'ERR_RONDO_INVALID_OPTION path',
    'ERR_RONDO_UNKNOWN_OPTION nmae',
    'ERR_RONDO_INVALID_OPTION options',
    'ERR_RONDO_CLOSED',
    'supervisor-app',
    'ERR_RONDO_CLOSED',
    'ERR_RONDO_CLOSED',
    "[ 'control', 'program.mjs' ]",
  ]);
});
