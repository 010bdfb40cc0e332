// Programs of cfork, one for each thing that it promises: a primary with a client in it. The first argument says which.
import cluster from 'node:cluster';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { cfork, setDisableRefork } from 'cfork';

const exec = fileURLToPath(new URL('cfork-worker.mjs', import.meta.url));
const slave = { exec, args: ['slave', '127.0.0.2'] };

/** For port 0 all that listen at one address share a port. */
const HOSTS = { worker: '127.0.0.1', slave: '127.0.0.2' };
const ports = {};
let listening = 0;
let isEnding = false;

/** cfork's own lines have the time and pids in them. */
console.error = () => {};
console.info = () => {};

cluster.on('listening', (_worker, { address, port }) => {
  ports[address] = port;
  listening++;
});

/** Resolves when so many workers have begun to listen, from the start. */
async function listened(count) {
  while (listening < count) await once(cluster, 'listening');
}

/** Resolves when so many more have. */
function nextListens(count = 1) {
  return listened(listening + count);
}

function ask(kind, path, timeout) {
  const host = HOSTS[kind];
  return new Promise((resolve) => {
    http
      .get({ host, port: ports[host], path, timeout, agent: false }, async (response) => {
        response.setEncoding('utf8');
        resolve(`${response.statusCode} ${(await response.toArray()).join('')}`);
      })
      .on('timeout', () => resolve('no answer'))
      .on('error', ({ code }) => resolve(code));
  });
}

function start(options) {
  return cfork({
    exec,
    args: ['worker', '127.0.0.1'],
    count: 2,
    limit: 20,
    duration: 60_000,
    ...options,
  });
}

function end() {
  isEnding = true;
  for (const worker of Object.values(cluster.workers)) {
    setDisableRefork(worker, true);
    worker.process.kill();
  }
}

/** What cfork says of it, with the code that the worker ended with. */
function tell(...events) {
  for (const event of events) {
    cluster.on(event, (_worker, code, signal) => {
      if (!isEnding) console.log(event, code ?? '', signal ?? '');
    });
  }
}

const PROGRAMS = {
  async 'workers and slaves serve'() {
    start({ slaves: [slave, slave] });
    await listened(4);
    console.log(await ask('worker', '/'), await ask('slave', '/'));
    end();
  },
  async 'environment and numbers'() {
    start({ count: 3, slaves: [slave], env: { GIVEN: 'é 😂' } });
    await listened(4);
    const all = [];
    for (let times = 0; times < 3; times++) all.push(await ask('worker', '/env'));
    console.log(all.sort(), await ask('slave', '/env'));
    end();
  },
  async 'a worker that throws is replaced'() {
    start();
    await listened(2);
    const next = nextListens();
    tell('disconnect', 'exit');
    console.log(await ask('worker', '/throw'));
    await next;
    console.log(await ask('worker', '/'), Object.keys(cluster.workers).length);
    end();
  },
  async 'a worker that throws later answers nobody, and is replaced'() {
    start({ count: 1, slaves: [slave] });
    await listened(2);
    const next = nextListens();
    const thrown = ask('worker', '/throw-later');
    console.log(await ask('worker', '/never'), await thrown, await ask('slave', '/'));
    await next;
    console.log(await ask('worker', '/'));
    end();
  },
  async 'a worker that exits is replaced'() {
    start();
    await listened(2);
    const next = nextListens();
    tell('disconnect', 'exit');
    console.log(await ask('worker', '/exit'));
    await next;
    console.log(await ask('worker', '/'));
    end();
  },
  async 'a slave that exits is replaced by a slave'() {
    start({ slaves: [slave] });
    await listened(3);
    const next = nextListens();
    tell('disconnect', 'exit');
    console.log(await ask('slave', '/exit'));
    await next;
    console.log(await ask('slave', '/env'), await ask('worker', '/'));
    end();
  },
  // Its port is free at once, or the client comes before that and is reset, or, in plain Node, waits for ever.
  async 'a request that ends the only slave, and again at once'() {
    start({ slaves: [slave] });
    await listened(3);
    const next = nextListens();
    const first = await ask('slave', '/exit');
    const second = await ask('slave', '/exit', 1000);
    console.log(first, /^(ECONNREFUSED|ECONNRESET|no answer)$/.test(second));
    await next;
    console.log(await ask('worker', '/'));
    end();
    // One without an answer keeps its connection.
    cluster.disconnect(() => process.exit());
  },
  async 'a worker that is killed is replaced, and that is unexpected'() {
    start({ count: 1 });
    tell('unexpectedExit', 'disconnect', 'exit');
    await listened(1);
    const next = nextListens();
    Object.values(cluster.workers)[0].process.kill('SIGKILL');
    await next;
    console.log(await ask('worker', '/'));
    end();
  },
  async 'no refork'() {
    start({ count: 1, refork: false });
    await listened(1);
    const reached = once(cluster, 'exit');
    console.log(await ask('worker', '/exit'));
    await reached;
    console.log(await ask('worker', '/'), Object.keys(cluster.workers).length);
  },
  async 'the limit of reforks'() {
    start({ count: 2, limit: 3 });
    await listened(2);
    const reached = once(cluster, 'reachReforkLimit');
    const next = nextListens();
    const answers = [await ask('worker', '/exit')];
    await next;
    const third = nextListens();
    answers.push(await ask('worker', '/exit'));
    await third;
    answers.push(await ask('worker', '/exit'));
    await reached;
    console.log(answers);
    end();
  },
  async 'all workers down'() {
    start({ count: 2, limit: 1 });
    await listened(2);
    const down = [once(cluster, 'exit'), new Promise((then) => cluster.on('exit', then))];
    console.log(await ask('worker', '/exit'));
    await down[0];
    console.log(await ask('worker', '/exit'));
    while (Object.keys(cluster.workers).length > 0) await once(cluster, 'exit');
    console.log(await ask('worker', '/'));
  },
  async 'killed without refork'() {
    start({ count: 2, slaves: [slave] });
    await listened(3);
    cluster.on('exit', (_worker, code, signal) => console.log(code, signal));
    end();
  },
  async 'an uncaught error in the primary'() {
    start({ count: 1 });
    setTimeout(() => {
      throw new Error('on purpose');
    }, 50);
    await listened(1);
    console.log(await ask('worker', '/'), process.listenerCount('uncaughtException'));
    end();
  },
};

PROGRAMS[process.argv[2]]();
