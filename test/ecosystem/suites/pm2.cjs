// pm2's start, reload, scale and delete by its own API, which its commands call: its daemon is the primary. A line for
// each: what pm2 lists, who answers, and which requests have failed meanwhile.
'use strict';
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');

// Short, for the daemon's sockets are in it; and a home of its own, so that the daemon is nobody else's.
const home = mkdtempSync(path.join(tmpdir(), 'pm2-'));
process.env.PM2_HOME = home;
process.env.PM2_DISABLE_VERSION_CHECK = 'true';
const pm2 = require('pm2');

const NAME = 'app';
const CLIENTS = 4;
const call = (method, ...args) => promisify(pm2[method]).call(pm2, ...args);

function ask(port) {
  return new Promise((resolve, reject) => {
    http
      .get(
        { host: '127.0.0.1', port, agent: false, signal: AbortSignal.timeout(2000) },
        async (response) => {
          try {
            resolve(Number(Buffer.concat(await response.toArray()).toString()));
          } catch (error) {
            reject(error);
          }
        },
      )
      .on('error', reject);
  });
}

/** Clients that never pause; resolves with what failed when `end` is called. */
function load(port) {
  const failures = [];
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) await ask(port).catch(({ code }) => failures.push(code));
  });
  return async () => {
    isOver = true;
    await Promise.all(clients);
    return failures;
  };
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let pids = [];

/** What pm2 says of the processes, which of them are new, and whether just these serve. */
async function state(port) {
  const list = await call('list');
  const before = pids;
  pids = list.map(({ pid }) => pid);
  const serving = new Set();
  for (let times = 0; times < 10 * pids.length; times++) serving.add(await ask(port));
  return {
    list: list.map(({ pm_id, pm2_env: { status, exec_mode, restart_time, exit_code } }) => ({
      pm_id,
      status,
      exec_mode,
      restart_time,
      exit_code,
    })),
    new: pids.map((pid) => !before.includes(pid)),
    areAllServing: pids.every((pid) => serving.has(pid)) && serving.size === pids.length,
  };
}

/** How the workers ended, in pm2's own words, without their order. */
function exits() {
  const log = readFileSync(path.join(home, 'pm2.log'), 'utf8');
  return [...log.matchAll(/App \[.*\] exited with code .*/g)].map(([line]) => line).sort();
}

async function main() {
  const port = await freePort();
  const step = async (name, run) => console.log(`${name} | ${JSON.stringify(await run())}`);
  const loaded = async (name, run) => {
    const end = load(port);
    await run();
    const failures = await end();
    await step(name, () => state(port));
    await step(`${name}, requests that failed`, () => failures);
  };
  await call('connect');
  await step('start', async () => {
    await call('start', {
      name: NAME,
      script: path.join(__dirname, 'pm2-app.cjs'),
      instances: 2,
      exec_mode: 'cluster',
      wait_ready: true,
      kill_timeout: 5000,
      env: { PORT: port },
    });
    return state(port);
  });
  await loaded('reload', () => call('reload', NAME));
  await loaded('scale up', () => call('scale', NAME, 3));
  await loaded('scale down', () => call('scale', NAME, 1));
  await step('restart', async () => {
    await call('restart', NAME);
    return state(port);
  });
  await step('delete', async () => {
    await call('delete', NAME);
    return [await call('list'), await ask(port).catch(({ code }) => code)];
  });
  await step('how they ended', exits);
}

async function end(error) {
  if (error !== undefined) console.error(error);
  await call('killDaemon');
  rmSync(home, { recursive: true });
  process.exit(error === undefined ? 0 : 1);
}

main().then(end, end);
