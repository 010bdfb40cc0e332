// rondo/socket.io-adapter with four workers, and what it does beyond @socket.io/cluster-adapter: it knows at once who is
// there. A line for each case. The argument is the module.
'use strict';
const cluster = require('node:cluster');
const { once } = require('node:events');
const { createServer } = require('node:http');
const { Server } = require('socket.io');
const { io: connect } = require('socket.io-client');

const [, file, module_] = process.argv;
const WORKERS = 4;
/** The client of a killed worker does not come back. */
const ONCE = { forceNew: true, reconnection: false, transports: ['websocket'] };

function worker() {
  const { createAdapter } = require(module_);
  const { hub } = require(module_.replace('socket.io-adapter', 'hub'));
  const httpServer = createServer();
  const io = new Server(httpServer, { transports: ['websocket'] });
  io.adapter(createAdapter());
  // Two servers of the same names in each process.
  const [one, other] = ['one', 'other'].map(
    (name) => new Server({ transports: ['websocket'], adapter: createAdapter({ name }) }),
  );
  const heard = [];
  one.on('word', (word) => heard.push(`one ${word}`));
  other.on('word', (word) => heard.push(`other ${word}`));
  io.on('mark', (answer) => answer());
  io.on('question', (answer) => answer(cluster.worker.id));
  io.on('silence', () => {});
  let warning = null;
  process.on('warning', ({ code }) => {
    warning = code;
  });

  const sorted = (all) => all.map(String).sort().join();
  const DO = {
    servers: () => io.of('/').adapter.serverCount(),
    ask: async (event) => sorted(await io.serverSideEmitWithAck(event)),
    fetch: async () =>
      sorted((await io.fetchSockets()).map(({ handshake }) => handshake.auth.name)),
    tellOne: async () => {
      one.serverSideEmit('word', 'hello');
      await one.serverSideEmitWithAck('mark').catch(() => {});
    },
    heard: () => heard.join(),
    tooLarge: async () => {
      io.emit('large', 'x'.repeat(3 << 20));
      while (warning === null) await new Promise(setImmediate);
      return warning;
    },
    members: () => hub.members().length,
    close: async () => {
      // They have no engine that could be closed.
      for (const server of [one, other]) server.of('/').adapter.close();
      await io.close();
      process.disconnect();
    },
  };
  // Others answer for a named server, too.
  for (const server of [one, other]) server.on('mark', (answer) => answer());
  process.on('message', async ({ id, todo, words }) => {
    if (id === undefined) return;
    const result = await DO[todo](...words);
    if (process.connected) process.send({ id, result });
  });
  httpServer.listen(0, '127.0.0.1');
}

async function primary() {
  cluster.setupPrimary({ exec: file, args: [module_] });
  const workers = await Promise.all(Array.from({ length: WORKERS }, started));
  let ids = 0;
  const call = (index, todo, ...words) =>
    new Promise((resolve) => {
      const id = ids++;
      const { worker } = workers[index];
      const onMessage = (message) => {
        if (message?.id !== id) return;
        worker.off('message', onMessage);
        resolve(message.result);
      };
      worker.on('message', onMessage);
      worker.send({ id, todo, words });
    });
  const counts = async (count) => {
    for (const index of workers.keys()) while ((await call(index, 'servers')) !== count);
    return count;
  };
  const killed = async (index) => {
    const { worker } = workers[index];
    worker.process.kill('SIGKILL');
    await once(worker, 'exit');
  };
  await counts(WORKERS);
  const clients = [];
  for (let index = 0; index < WORKERS; index++) {
    const url = `http://127.0.0.1:${workers[0].port}`;
    const auth = { name: `client ${index}` };
    const client = connect(url, { ...ONCE, auth });
    await once(client, 'connect');
    clients.push(client);
  }

  const CASES = {
    'servers of other names': async () => {
      await call(0, 'tellOne');
      return Promise.all(workers.map((_worker, index) => call(index, 'heard')));
    },
    'what is too large': async () => {
      let got = 0;
      for (const client of clients) client.on('large', () => got++);
      const first = Promise.race(clients.map((client) => once(client, 'large')));
      const warning = await call(0, 'tooLarge');
      await first;
      return [warning, got];
    },
    'a server that stands and is killed is not waited for': async () => {
      workers[3].worker.process.kill('SIGSTOP');
      const asked = call(0, 'ask', 'question');
      await call(1, 'members');
      await killed(3);
      return asked;
    },
    'the others count one less': async () => {
      workers.pop();
      return counts(WORKERS - 1);
    },
    'one that comes is asked': async () => {
      workers.push(await started());
      await counts(WORKERS);
      return call(0, 'ask', 'question');
    },
    'the clients of all who are there': async () => (await call(2, 'fetch')).split(',').length,
    'closed servers keep no process running': async () => {
      for (const client of clients) client.close();
      const ends = workers.map(({ worker }) => once(worker, 'exit'));
      for (const index of workers.keys()) call(index, 'close');
      return (await Promise.all(ends)).map(([code]) => code);
    },
  };
  for (const [name, run] of Object.entries(CASES)) {
    console.log(`${name} | ${JSON.stringify(await run())}`);
  }
}

function started() {
  const worker = cluster.fork();
  return new Promise((resolve) => {
    worker.once('listening', ({ port }) => resolve({ worker, port }));
  });
}

if (cluster.isPrimary) primary();
else worker();
