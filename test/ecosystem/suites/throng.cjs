// Programs of throng, one for each thing that it promises. The first argument says which.
'use strict';
const cluster = require('node:cluster');
const http = require('node:http');
const throng = require('throng');

const ask = (port, path) =>
  new Promise((resolve) => {
    http
      .get({ port, path, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
      .on('error', ({ code }) => resolve(code));
  });

/** Says its number, and ends. */
function brief(id) {
  console.log(`worker ${id}`);
  process.exit(3);
}

/** Ends at the signal when it has cleaned up. */
function graceful(signals) {
  return (id, disconnect) => {
    for (const signal of signals) {
      process.once(signal, () => {
        setTimeout(() => {
          console.log(`worker ${id} has cleaned up`);
          disconnect();
        }, 50);
      });
    }
    console.log(`worker ${id}`);
  };
}

/** A client in the primary: the worker that it ends is started again, and serves at the same port. */
function servedAgain() {
  if (cluster.isPrimary) {
    const listening = [];
    cluster.on('listening', async (_worker, { port }) => {
      listening.push(port);
      // In their order: the first to listen is the first to be asked.
      if (listening.length === 1) cluster.workers[2].send('listen');
      if (listening.length === 2) {
        console.log(await ask(port, '/'), await ask(port, '/exit'));
      } else if (listening.length === 3) {
        console.log(await ask(port, '/'), await ask(port, '/'), new Set(listening).size);
        process.kill(process.pid, 'SIGTERM');
      }
    });
  }
  return throng({
    count: 2,
    worker: (_id, disconnect) => {
      process.once('SIGTERM', disconnect);
      const server = http.createServer((request, response) => {
        if (request.url === '/exit') process.exit(3);
        response.setHeader('connection', 'close').end();
      });
      if (cluster.worker.id === 2) process.once('message', () => server.listen(0));
      else server.listen(0);
    },
  });
}

const PROGRAMS = {
  'no function': () => throng(),
  'as many as there are CPUs': () => throng({ lifetime: 0, worker: brief }),
  'old names of the options': () => throng({ workers: 3, lifetime: 0, start: brief }),
  'no lifetime': () => throng({ count: 3, lifetime: 0, worker: brief }),
  'a lifetime': () => throng({ count: 3, lifetime: 1500, worker: brief }),
  'for ever': () => throng({ count: 3, worker: brief }),
  'master first': () =>
    throng({
      count: 2,
      lifetime: 0,
      worker: brief,
      async master() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        console.log('master');
        cluster.on('fork', () => console.log('fork'));
      },
    }),
  SIGTERM: () => throng(3, graceful(['SIGTERM'])),
  SIGINT: () => throng(3, graceful(['SIGINT'])),
  SIGUSR2: () => throng({ count: 3, signals: ['SIGUSR2'], worker: graceful(['SIGUSR2']) }),
  'grace is over': () =>
    throng({
      count: 3,
      grace: 250,
      worker: (id) => {
        process.once('SIGTERM', () => console.log(`worker ${id} stays`));
        setInterval(() => {}, 1000);
        console.log(`worker ${id}`);
      },
    }),
  'served again': servedAgain,
};

PROGRAMS[process.argv[2]]();
