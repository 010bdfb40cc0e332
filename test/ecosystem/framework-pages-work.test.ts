// docs/frameworks.md and docs/websockets.md: each program runs in two workers, is reloaded while clients ask it and fails no
// request, and ends well.

import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { type Test, test } from 'tap';
import ts from 'typescript';
import { WebSocket } from 'ws';
import { ask } from '../fixtures/cluster-cli.js';
import { Page } from '../fixtures/docs-page.js';
import { Place, type Started } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

const FOLDERS = ['test/ecosystem', '.'];

/** Two workers serve; returns the port. */
async function ready(server: Started): Promise<number> {
  await server.prints(/(ready after.*){2}/s);
  return server.port();
}

/** Asks all the time, one request after another, until the reload is over. Resolves with those that answered. */
async function reloadUnderLoad(t: Test, place: Place, port: number): Promise<Set<string>> {
  const answers = new Set<string>();
  let isOver = false;
  const client = (async () => {
    while (!isOver) answers.add(await ask(port));
  })();
  t.match(await place.run('npx rondo reload'), { code: 0 });
  isOver = true;
  await client;
  return answers;
}

test('docs/frameworks.md', nativeOnly, async (t) => {
  const page = Page.open('docs/frameworks.md');
  const place = new Place(t, FOLDERS);
  const served = async (t: Test, command: string): Promise<Started> => {
    const server = place.start(command);
    const port = await ready(server);
    const answers = await reloadUnderLoad(t, place, port);
    for (const answer of answers) t.match(answer, /^process \d+\n$/);
    t.ok(answers.size > 2, 'old and new workers');
    await place.stop(server);
    return server;
  };
  for (const name of ['express.mjs', 'fastify.mjs', 'koa.mjs', 'closes-pool.mjs']) {
    place.write(name, page.program(name));
    await t.test(name, async (t) => {
      const server = await served(t, `npx rondo start ${name} -w 2`);
      if (name !== 'closes-pool.mjs') return;
      const closed = server.output().match(/pool closed/g);
      t.equal(closed?.length, 4, "each worker's handler was called");
    });
  }
  await t.test('NestJS', async (t) => {
    const { outputText } = ts.transpileModule(page.program('main.ts'), {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    place.write('dist/main.js', outputText);
    await served(t, page.command('dist/main.js'));
  });
  await t.test('drains.mjs', async (t) => {
    place.write(
      'drains.mjs',
      page
        .program('drains.mjs')
        .replace('8000);', "8000, () => console.log('on', server.address().port));"),
    );
    const server = place.start(page.command('node drains.mjs'));
    const [, port] = await server.prints(/on (\d+)/);
    t.equal(await ask(Number(port)), 'hello\n');
    server.child.kill('SIGTERM');
    await server.prints(/destroyed: 0/);
    t.equal((await server.ended)[0], 0);
  });
  page.close(t);
});

test('docs/websockets.md', nativeOnly, async (t) => {
  const page = Page.open('docs/websockets.md');
  const place = new Place(t, FOLDERS);

  await t.test('ws', async (t) => {
    place.write('ws.mjs', page.program('ws.mjs'));
    const server = place.start(page.command('ws.mjs'));
    const port = await ready(server);
    const clients = Array.from({ length: 4 }, () => new WebSocket(`ws://127.0.0.1:${port}`));
    await Promise.all(clients.map((client) => once(client, 'open')));
    const heard = clients.map((client) => once(client, 'message'));
    clients[0]?.send('hello');
    for (const message of heard) t.equal(String((await message)[0]), 'hello');
    const closed = clients.map((client) => once(client, 'close'));
    t.match(await place.run('npx rondo reload'), { code: 0 });
    for (const close of closed) t.equal((await close)[0], 1001, 'told before the worker ends');
    await place.stop(server);
  });

  await t.test('Socket.IO', async (t) => {
    place.write('io.mjs', page.program('io.mjs'));
    const server = place.start(page.command('io.mjs'));
    const port = await ready(server);
    // They begin with long polling, each on connections of its own.
    const clients = Array.from({ length: 4 }, () =>
      io(`http://127.0.0.1:${port}`, { forceNew: true, reconnection: false }),
    );
    t.teardown(() => clients.forEach((client) => void client.disconnect()));
    const event = (client: Socket, name: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        client.once(name, resolve);
        client.once('connect_error', reject);
      });
    await Promise.all(clients.map((client) => event(client, 'connect')));
    const heard = clients.map((client) => event(client, 'said'));
    clients[0]?.emit('say', 'hello');
    t.strictSame(await Promise.all(heard), ['hello', 'hello', 'hello', 'hello']);
    for (const client of clients) client.disconnect();
    await place.stop(server);
  });
  page.close(t);
});
