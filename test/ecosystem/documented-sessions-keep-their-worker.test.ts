// The programs of docs/sticky.md, as they stand there, under `rondo start` with four workers: sessions of Socket.IO and of
// express-session, of which each request comes on a connection of its own.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { type Test, test } from 'tap';
import { runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { nativeOnly } from '../fixtures/harness.js';
import { inParallel, PollingClient } from './lib/polling-client.js';
import { ROOT } from './program.js';

const WORKERS = 4;
const SESSIONS = 60;
const PAGE = readFileSync(path.join(ROOT, 'docs', 'sticky.md'), 'utf8');

/** The code below that heading. */
function codeBelow(heading: string): string {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const [, code] = /```js\n(.*?)```/s.exec(section) ?? [];
  if (code === undefined) throw new Error(`no code below '${heading}'`);
  return code;
}

/** Starts it in a directory that has those packages, and says the port. */
async function start(t: Test, code: string, sticky: string, packages: string[]): Promise<number> {
  const directory = temporaryDirectory(t);
  const modules = path.join(directory, 'node_modules');
  mkdirSync(modules);
  symlinkSync(ROOT, path.join(modules, 'rondo'));
  for (const name of packages) {
    symlinkSync(
      path.join(ROOT, 'test', 'ecosystem', 'node_modules', name),
      path.join(modules, name),
    );
  }
  const file = path.join(directory, 'server.mjs');
  writeFileSync(file, code);
  const run = runCli(t, ['start', '--sticky', sticky, '-w', String(WORKERS), file], {
    XDG_RUNTIME_DIR: directory,
  });
  return run.listening(WORKERS);
}

test('Socket.IO', nativeOnly, async (t) => {
  const code = codeBelow('Socket.IO').replace('listen(3000)', "listen(0, '127.0.0.1')");
  const echo = `
    io.on('connection', (socket) => {
      socket.on('echo', (data) => socket.emit('echo', process.pid, data));
    });`;
  const port = await start(t, code + echo, 'query:sid', ['socket.io']);
  const pids = new Set<number>();
  const errors: string[] = [];
  await inParallel(SESSIONS, 16, async (n) => {
    try {
      const client = new PollingClient({ port });
      await client.connect();
      for (let i = 0; i < 3; i++) pids.add((await client.echo(Buffer.from(`${n} ${i}`))).pid);
    } catch (error) {
      errors.push((error as Error).message);
    }
  });
  t.strictSame(errors, [], 'no session is unknown');
  t.equal(pids.size, WORKERS, 'on all workers');
});

interface Answer {
  pid: number;
  visits: number;
  cookie: string | undefined;
}

function visit(port: number, cookie?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie };
    http
      .get({ host: '127.0.0.1', port, headers, agent: false }, (response) => {
        const [set] = response.headers['set-cookie'] ?? [];
        json(response).then((body) => {
          resolve({ ...(body as { pid: number; visits: number }), cookie: set?.split(';')[0] });
        }, reject);
      })
      .on('error', reject);
  });
}

test('express-session', nativeOnly, async (t) => {
  const code = `
    import express from 'express';
    const app = express();
    const secret = 'of this test';
    ${codeBelow('Sessions of your own')}
    app.get('/', (request, response) => {
      request.session.visits = (request.session.visits ?? 0) + 1;
      response.set('connection', 'close').json({ pid: process.pid, visits: request.session.visits });
    });
    app.listen(0, '127.0.0.1');`;
  const packages = ['express', 'express-session', 'cookie-signature'];
  const port = await start(t, code, 'cookie:connect.sid', packages);
  const pids = new Set<number>();
  const strays: number[] = [];
  await inParallel(SESSIONS, 16, async () => {
    const { pid, cookie } = await visit(port);
    pids.add(pid);
    for (let visits = 2; visits < 5; visits++) {
      const next = await visit(port, cookie);
      if (next.pid !== pid || next.visits !== visits) strays.push(next.pid);
    }
  });
  t.strictSame(strays, [], 'each session is with the worker that has begun it');
  t.equal(pids.size, WORKERS, 'on all workers');
});
