// An error that would have ended the process ends its worker, whoever else listens, and after what is
// in flight is answered; one that the program handles is its own.

import { readdirSync, readFileSync } from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { openClient, until } from '../fixtures/faults.js';
import { preloaded, type Scope, startSupervised, ways } from '../fixtures/supervised.js';

async function serve(scope: Scope): Promise<number> {
  const { createServer } = scope.require('node:http') as typeof http;
  const server = createServer((_request, response) => {
    scope.response = response;
  });
  return scope.listen(server);
}

/** As error reporters do: the process ends when the report is sent, if nobody else handles errors. */
function report(_scope: Scope, how: string): void {
  const onError = (error: Error): void => {
    if (process.listeners('uncaughtException').length > 1) return;
    process.send?.({ event: 'reported', message: error.message });
    if (how === 'at once') process.exit(9);
    if (how === 'from a callback') setTimeout(() => process.exit(9), 20);
    if (how === 'from a promise') Promise.resolve().then(() => process.exit(9));
  };
  process.on('uncaughtException', onError);
}

function fail(): void {
  setImmediate(() => {
    throw new Error('the fault');
  });
}

for (const way of ways) {
  for (const how of ['at once', 'from a callback', 'from a promise']) {
    test(`process.exit() ${how}, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way, { settings: { guard: true } });
      await worker.run(report, how);
      const client = await openClient(await worker.run(serve));
      client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
      await until('it waits', () => worker.run(({ response }) => response !== undefined));
      await worker.run(fail);
      t.match(await worker.event('reported'), { message: 'the fault' });
      t.match(await worker.told('NODE_SUPERVISE_ERROR'), { isGuarded: true, stack: /the fault/ });
      t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0);
      await worker.run(({ response }) => {
        (response as http.ServerResponse).end('answer');
      });
      t.match(await text(client), /Connection: close[\s\S]*answer$/);
      t.match(await worker.drained(), { open: 1, destroyed: 0 });
      t.match(await worker.exit(), { code: 9, signal: null });
      t.equal(worker.count('NODE_SUPERVISE_ERROR'), 0, 'told once');
    });
  }
}

test(
  'process.exit() long after an error that was handled is not of it',
  preloaded.options,
  async (t) => {
    const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
    await worker.run(() => {
      // Longer after it than an error reporter takes.
      process.on('uncaughtException', () => setTimeout(() => process.exit(7), 15_500));
    });
    const client = await openClient(await worker.run(serve));
    client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await until('it waits', () => worker.run(({ response }) => response !== undefined));
    await worker.run(fail);
    t.match(await worker.exit(), { code: 7, signal: null, isAsked: false });
    t.equal(worker.count('NODE_SUPERVISE_ERROR'), 0, 'no error is told');
    t.equal(worker.count('NODE_SUPERVISE_DRAINED'), 0, 'and nothing is waited for');
    t.equal(await text(client).catch(() => ''), '', 'as in plain Node');
  },
);

test('without the guard it ends at once, and is told', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: false } });
  await worker.run(report, 'from a callback');
  await worker.run(serve);
  await worker.run(fail);
  t.match(await worker.told('NODE_SUPERVISE_ERROR'), { isGuarded: false, stack: /the fault/ });
  t.match(await worker.exit(), { code: 9 });
});

test('a listener that throws is a fault, too', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  await worker.run(() => {
    process.on('uncaughtException', () => {
      throw new Error('another one');
    });
  });
  await worker.run(serve);
  await worker.run(fail);
  t.match(await worker.told('NODE_SUPERVISE_ERROR'), { isGuarded: true, stack: /another one/ });
  t.match(await worker.exit(), { code: 7 });
});

test(
  'its exit listeners are told of a failure, and a report is written if one is wanted',
  preloaded.options,
  async (t) => {
    const directory = temporaryDirectory(t);
    const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
    await worker.run((_scope, place) => {
      process.report.directory = place;
      process.report.reportOnUncaughtException = true;
      process.on('beforeExit', () => process.send?.({ event: 'beforeExit' }));
      process.on('exit', (code) => {
        process.send?.({ event: 'exiting', code, exitCode: process.exitCode });
      });
    }, directory);
    await worker.run(serve);
    await worker.run(fail);
    t.match(await worker.event('exiting'), { code: 1, exitCode: 1 }, 'as in plain Node');
    t.match(await worker.exit(), { code: 1 });
    t.equal(worker.count('beforeExit'), 0);
    const [file = '', ...others] = readdirSync(directory);
    t.strictSame(others, []);
    const { javascriptStack } = JSON.parse(readFileSync(path.join(directory, file), 'utf8'));
    t.match(javascriptStack.message, /the fault/);
  },
);

for (const way of ways) {
  for (const when of ['at once', 'when nothing is open']) {
    test(`a handler of SIGTERM that fails ${when}, ${way.name}`, way.options, async (t) => {
      const worker = await startSupervised(t, way, { settings: { guard: true } });
      await worker.run(
        (_scope, ms) => {
          process.on('SIGTERM', async () => {
            if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
            throw new Error('the fault');
          });
        },
        when === 'at once' ? 0 : 300,
      );
      await worker.run(serve);
      worker.drain({});
      t.match(await worker.told('NODE_SUPERVISE_ERROR'), { stack: /the fault/ });
      // It would be there for the time of the drain, and then be killed.
      t.match(await worker.exit(), { code: 1, signal: null });
    });
  }
}

for (const what of ['a getter', 'the fields', 'a revoked proxy', 'its inspection']) {
  test(`an error that cannot be looked at: ${what}`, preloaded.options, async (t) => {
    const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
    await worker.run((_scope, name) => {
      const fail = (): never => {
        throw new Error('another one');
      };
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const errors: Record<string, unknown> = {
        'a getter': Object.defineProperty({}, 'stack', { get: fail }),
        'the fields': Object.defineProperty(new Error('the fault'), 'code', { get: fail }),
        'a revoked proxy': proxy,
        'its inspection': Object.assign(new Error('the fault'), {
          [Symbol.for('nodejs.util.inspect.custom')]: fail,
        }),
      };
      setImmediate(() => {
        throw errors[name];
      });
    }, what);
    await worker.run(serve).catch(() => {});
    t.match(await worker.exit(), { code: 1, signal: null });
    t.notMatch(worker.output(), /another one/);
  });
}

/** What a program does, and how it ends then, as in plain Node. */
const ENDS: Record<string, { run: () => void; code: number; told?: string[] }> = {
  'a listener of exit that throws': {
    code: 1,
    run: () => {
      process.on('exit', () => {
        throw new Error('another one');
      });
    },
  },
  'process.exit() of what is no code': {
    code: 7,
    run: () => {
      process.on('uncaughtException', (error) => process.exit(error as never));
    },
  },
  'process.exitCode and process.exit()': {
    code: 70,
    run: () => {
      process.on('uncaughtException', () => {
        process.exitCode = 70;
        process.exit();
      });
    },
  },
  'process.exit() of its own': {
    code: 9,
    told: ['flushed'],
    run: () => {
      const { exit } = process;
      process.exit = (code) => {
        process.send?.({ event: 'flushed' });
        return exit(code);
      };
      process.on('uncaughtException', () => process.exit(9));
    },
  },
  'process.exit() of its own that takes its time': {
    code: 9,
    told: ['flushed'],
    run: () => {
      const { exit } = process;
      process.exit = ((code: number) => {
        setTimeout(() => {
          process.send?.({ event: 'flushed' });
          exit(code);
        }, 100);
      }) as typeof process.exit;
      process.on('uncaughtException', () => process.exit(9));
    },
  },
  'process.exit() of its own that throws': {
    code: 7,
    run: () => {
      process.exit = () => {
        throw new Error('another one');
      };
      process.on('uncaughtException', () => process.exit(9));
    },
  },
  'a clean end long after one that was handled': {
    code: 0,
    run: () => {
      process.on('uncaughtException', () => setTimeout(() => process.exit(0), 300));
    },
  },
};

for (const [name, { run, code, told = [] }] of Object.entries(ENDS)) {
  test(name, preloaded.options, async (t) => {
    const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
    await worker.run(run);
    await worker.run(serve);
    await worker.run(fail);
    for (const event of told) await worker.event(event);
    t.match(await worker.exit(), { code, signal: null });
  });
}

test('a rejection that a listener makes an error is told as one', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  await worker.run(() => {
    process.on('unhandledRejection', (reason) => {
      throw reason;
    });
    process.on('uncaughtException', (_error, origin) =>
      process.send?.({ event: 'caught', origin }),
    );
  });
  await worker.run(serve);
  await worker.run(() => {
    setImmediate(() => Promise.reject(new Error('the fault')));
  });
  await worker.event('caught');
  await worker.run(() => {});
  t.equal(worker.count('NODE_SUPERVISE_ERROR'), 0, 'the program goes on');
});

test('where an error was emitted that nobody listened for', preloaded.options, async (t) => {
  const worker = await startSupervised(t, preloaded, { settings: { guard: true } });
  await worker.run(serve);
  await worker.run(({ require }) => {
    const { EventEmitter } = require('node:events') as typeof import('node:events');
    setImmediate(() => new EventEmitter().emit('error', new Error('the fault')));
  });
  t.match(await worker.exit(), { code: 1 });
  t.match(worker.output(), /Emitted 'error' event at:/);
});
