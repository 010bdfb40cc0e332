// With the guard an uncaught error, or an unhandled rejection, ends the worker with code 1, and not
// before what is in flight is answered. Without it the primary still learns what it was.

import type http from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { openClient, until } from '../fixtures/faults.js';
import {
  preloaded,
  type Scope,
  type Supervised,
  startSupervised,
  ways,
} from '../fixtures/supervised.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: here\r\nConnection: keep-alive\r\n\r\n';

/** A request that waits for `answer`. */
async function serve(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  const server = createServer((_request, response) => {
    scope.response = response;
  });
  return scope.listen(server);
}

/** `received` becomes what the client gets. */
async function waitingClient(worker: Supervised): Promise<{ received: Promise<string> }> {
  const client = await openClient(await worker.run(serve));
  client.write(REQUEST);
  await until('it waits', () => worker.run(({ response }) => response !== undefined));
  return { received: text(client) };
}

function answer({ response }: Scope): void {
  (response as http.ServerResponse).end('answer');
}

const FAULTS = {
  'an error': () => {
    setImmediate(() => {
      throw Object.assign(new Error('the fault'), { code: 'E_FAULT' });
    });
  },
  'a rejection': () => {
    setImmediate(async () => {
      throw new Error('the fault');
    });
  },
  'no error at all': () => {
    setImmediate(() => {
      throw 'the fault';
    });
  },
};

for (const way of ways) {
  for (const [name, fault] of Object.entries(FAULTS)) {
    test(`${name}, guarded, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way, { settings: { guard: true } });
      const { received } = await waitingClient(worker);
      await worker.run(fault);
      const { stack, isGuarded } = await worker.told('NODE_SUPERVISE_ERROR');
      t.match(stack, /the fault/);
      t.equal(isGuarded, true);
      await until('it is printed', () => worker.output().includes(`Node.js ${process.version}`));
      t.match(worker.output(), /the fault/);
      if (name === 'an error') t.match(worker.output(), /E_FAULT/, 'with its properties');
      t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0);
      await worker.run(answer);
      t.match(await received, /Connection: close[\s\S]*answer$/);
      t.match(await worker.drained(), { open: 1, destroyed: 0 });
      // With Node's own scheduling it disconnects first, so that nothing is handed to it meanwhile.
      const isAsked = way !== preloaded;
      t.match(await worker.exit(), { code: 1, signal: null, isAsked });
    });

    test(`${name}, not guarded, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way);
      await worker.run(fault);
      const { stack, isGuarded } = await worker.told('NODE_SUPERVISE_ERROR');
      t.match(stack, /the fault/);
      t.equal(isGuarded, false);
      t.match(await worker.exit(), { code: 1, signal: null, isAsked: false });
      t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0);
    });
  }
}

test('further errors are told, and change nothing', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  const { received } = await waitingClient(worker);
  for (let i = 0; i < 3; i++) {
    await worker.run(FAULTS['an error']);
    await worker.told('NODE_SUPERVISE_ERROR');
  }
  await worker.run(answer);
  t.match(await received, /answer$/);
  t.match(await worker.drained(), { open: 1, destroyed: 0 });
  t.match(await worker.exit(), { code: 1 });
  t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0, 'once');
});

test('an error during a drain makes the exit code 1', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  const { received } = await waitingClient(worker);
  worker.drain();
  await worker.run(FAULTS['an error']);
  await worker.told('NODE_SUPERVISE_ERROR');
  await worker.run(answer);
  t.match(await received, /answer$/);
  t.match(await worker.exit(), { code: 1 });
});

test('the code is 1 also if the program itself ends with 0', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  await worker.run((_scope) => {
    process.on('SIGTERM', () => process.exit(0));
  });
  await worker.run(serve);
  await worker.run(FAULTS['an error']);
  t.match(await worker.drained(), { open: 0 });
  t.match(await worker.exit(), { code: 1, signal: null });
});

for (const guard of [true, false]) {
  test(`a program with a handler decides itself, guard: ${guard}`, preloaded.options, async (t) => {
    const worker = await startSupervised(t, preloaded, { settings: { guard } });
    await worker.run(() => {
      process.once('uncaughtException', (error) => {
        process.send?.({ event: 'handled', message: error.message });
      });
    });
    await worker.run(serve);
    await worker.run(FAULTS['an error']);
    t.match(await worker.event('handled'), { message: 'the fault' });
    await worker.run(() => {});
    t.equal(worker.count('NODE_SUPERVISE_ERROR'), 0);
    t.equal(worker.output(), '');
  });

  test(`so does one for rejections, guard: ${guard}`, preloaded.options, async (t) => {
    const worker = await startSupervised(t, preloaded, { settings: { guard } });
    await worker.run(() => {
      process.on('unhandledRejection', () => process.send?.({ event: 'handled' }));
    });
    await worker.run(serve);
    await worker.run(FAULTS['a rejection']);
    await worker.event('handled');
    await worker.run(() => {});
    t.equal(worker.count('NODE_SUPERVISE_ERROR'), 0);
  });
}

test("a start that fails is Node's to tell", preloaded.options, async (t) => {
  const directory = t.testdir({ 'broken.mjs': 'const a = 1;\nconst b = = 2;\n' });
  const file = `${directory}/broken.mjs`;
  const settings = { guard: true };
  const worker = await startSupervised(t, preloaded, { file, settings, isAwaited: false });
  const { stack, isGuarded } = await worker.told('NODE_SUPERVISE_ERROR');
  t.match(stack, /^SyntaxError/);
  t.equal(isGuarded, false);
  t.match(await worker.exit(), { code: 1 });
  await until('it is printed', () => worker.output().includes(`Node.js ${process.version}`));
  t.match(worker.output(), /broken\.mjs:2\n/, 'with its place');
});

test('the last message gets out, even if it is a long one', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded);
  await worker.run(() => {
    setImmediate(() => {
      throw new Error('long '.repeat(10_000));
    });
  });
  const { stack } = await worker.told('NODE_SUPERVISE_ERROR');
  t.ok(stack.length > 50_000);
  t.match(await worker.exit(), { code: 1 });
});
