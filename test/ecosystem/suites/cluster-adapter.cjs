// @socket.io/cluster-adapter with four workers, and a client of each in the primary: what one worker says to all, and
// what it does to the sockets of the others. `sticky`: the primary listens, and @socket.io/sticky picks the worker.
// `direct`: the workers listen, and node:cluster picks it. A line for each case. SOCKET_IO_ADAPTER: another adapter.
'use strict';
const cluster = require('node:cluster');
const { createServer } = require('node:http');
const { createAdapter, setupPrimary } = require(
  process.env.SOCKET_IO_ADAPTER ?? '@socket.io/cluster-adapter',
);
const { setupMaster, setupWorker } = require('@socket.io/sticky');
const { Server } = require('socket.io');
const { io: connect } = require('socket.io-client');

const isSticky = process.argv[2] === 'sticky';
const WORKERS = 4;
const HOST = '127.0.0.1';

function worker() {
  const httpServer = createServer();
  const io = new Server(httpServer, isSticky ? {} : { transports: ['websocket'] });
  const heard = [];
  io.adapter(createAdapter());
  if (isSticky) setupWorker(io);
  io.on('connection', (socket) => {
    socket.emit('welcome', cluster.worker.id);
    socket.data.worker = cluster.worker.id;
  });
  io.of('/other').on('connection', () => {});
  io.on('hello', (...words) => heard.push(words));
  io.on('question', (word, answer) => answer(`${word} ${cluster.worker.id}`));
  io.on('seldom', (answer) => cluster.worker.id !== 3 && answer(cluster.worker.id));

  const own = () => [...io.sockets.sockets.values()][0];
  const target = ({ to, except, local, volatile, other }) => {
    let all = other ? io.of('/other') : io;
    if (local) all = all.local;
    if (volatile) all = all.volatile;
    if (to) all = all.to(to);
    return except ? all.except(except) : all;
  };
  const told = (promise) =>
    promise.then(
      (responses) => ({ responses: responses.map(String).sort() }),
      (error) => ({ error: error.message, responses: error.responses?.map(String).sort() }),
    );
  const DO = {
    emit: (way, ...words) => void target(way).emit(...words),
    broadcast: (...words) => void own().broadcast.emit(...words),
    socketTo: (room, ...words) =>
      void own()
        .to(room)
        .emit(...words),
    remote: async (way, todo, ...words) => {
      for (const socket of await target(way).fetchSockets()) socket[todo](...words);
    },
    servers: () => io.of('/').adapter.serverCount(),
    ask: (way, ms, ...words) =>
      told(
        target(way)
          .timeout(ms)
          .emitWithAck(...words),
      ),
    join: (...rooms) => own().join(rooms),
    rooms: () => [...own().rooms].filter((room) => room !== own().id).sort(),
    socketsJoin: (way, room) => void target(way).socketsJoin(room),
    socketsLeave: (way, room) => void target(way).socketsLeave(room),
    disconnectSockets: (way) => void target(way).disconnectSockets(),
    fetchSockets: async (way) =>
      (await target(way).fetchSockets())
        .map(({ data, rooms, handshake }) => [data.worker, rooms.size, handshake.address])
        .sort(),
    serverSideEmit: (...words) => void io.serverSideEmit(...words),
    serverSideAsk: (ms, ...words) => {
      io.of('/').adapter.requestsTimeout = ms;
      return told(io.serverSideEmitWithAck(...words));
    },
    heard: () => heard.splice(0),
    pending: () => io.of('/').adapter.requests?.size ?? io.of('/').adapter.ackRequests?.size,
  };
  process.on('message', async ({ id, todo, words }) => {
    if (id !== undefined) process.send({ id, result: await DO[todo](...words) });
  });
  if (isSticky) process.send('ready');
  else httpServer.listen(0, HOST);
}

async function primary() {
  cluster.setupPrimary({ serialization: 'advanced' });
  setupPrimary?.();
  const port = await started();
  const clients = await connected(port);
  const all = Object.values(cluster.workers);
  let ids = 0;
  const call = (worker, todo, ...words) =>
    new Promise((resolve) => {
      const id = ids++;
      const onMessage = (message) => {
        if (message?.id !== id) return;
        all[worker].off('message', onMessage);
        resolve(message.result);
      };
      all[worker].on('message', onMessage);
      all[worker].send({ id, todo, words });
    });
  const events = clients.map(() => []);
  let onMark = () => {};
  clients.forEach((client, index) => {
    client.onAny((event, ...words) => {
      if (event === 'mark') return onMark();
      const answer = typeof words.at(-1) === 'function' ? words.pop() : null;
      events[index].push([event, ...words]);
      if (event === 'question') answer(`answer ${index}`);
      if (event === 'bytes') answer(Buffer.from([index]));
      if (event === 'seldom' && index !== 2) answer(index);
    });
  });
  /** What each client has got, when all that the worker has said before has come. */
  const got = async (worker = 0) => {
    const marked = new Promise((resolve) => {
      let missing = clients.length;
      onMark = () => --missing === 0 && resolve();
    });
    await call(worker, 'emit', {}, 'mark');
    await marked;
    return events.map((list) => list.splice(0));
  };
  const rooms = async () => {
    await got();
    return Promise.all(all.map((_worker, index) => call(index, 'rooms')));
  };

  const CASES = {
    'to all': async () => {
      await call(0, 'emit', {}, 'test', 1, '2', Buffer.from([3]), { four: [4] });
      return got();
    },
    'from each worker': async () => {
      for (const index of [0, 1, 2]) {
        await call(index, 'emit', {}, 'from', index);
        const lists = await got(index);
        for (const [at, list] of lists.entries()) events[at].push(...list);
      }
      return got();
    },
    'to all of another namespace': async () => {
      const others = clients.map((client) => client.io.socket('/other'));
      await Promise.all(others.map((other) => new Promise((then) => other.on('connect', then))));
      const heard = others.map((other) => new Promise((then) => other.on('test', then)));
      await call(0, 'emit', { other: true }, 'test', 'other');
      const result = await Promise.all(heard);
      for (const other of others) other.disconnect();
      return [result, await got()];
    },
    'to a room': async () => {
      await call(1, 'join', 'room');
      await call(0, 'emit', { to: 'room' }, 'test');
      return got();
    },
    'to all but a room': async () => {
      await call(0, 'emit', { except: 'room' }, 'test');
      return got();
    },
    'to a room from another worker': async () => {
      await call(2, 'emit', { to: 'room' }, 'test', Buffer.alloc(70_000).length);
      return got(2);
    },
    'to local sockets': async () => {
      await call(2, 'emit', { local: true }, 'test');
      return got(2);
    },
    'acknowledgements of all': async () => [
      await call(0, 'ask', {}, 5000, 'question'),
      await got(),
    ],
    'binary acknowledgements': () => call(0, 'ask', {}, 5000, 'bytes'),
    'acknowledgements of a room': () => call(0, 'ask', { to: 'room' }, 5000, 'question'),
    'acknowledgements of nobody': () => call(0, 'ask', { to: 'nowhere' }, 500, 'question'),
    'an acknowledgement that does not come': () => call(0, 'ask', {}, 300, 'seldom'),
    'sockets join': async () => {
      await call(0, 'socketsJoin', {}, 'everybody');
      return rooms();
    },
    'sockets of a room join': async () => {
      await call(0, 'socketsJoin', { to: 'room' }, 'second');
      return rooms();
    },
    'sockets of a room leave': async () => {
      await call(0, 'socketsLeave', { to: 'second' }, 'everybody');
      return rooms();
    },
    'sockets leave': async () => {
      await call(0, 'socketsLeave', {}, 'everybody');
      return rooms();
    },
    'fetched sockets': async () => [
      await call(0, 'fetchSockets', {}),
      await call(2, 'fetchSockets', { to: 'room' }),
      await call(0, 'fetchSockets', { to: 'nowhere' }),
      await call(0, 'pending'),
    ],
    'server side': async () => {
      await call(0, 'serverSideEmit', 'hello', 'world', 1, { two: '2' });
      await got();
      return Promise.all(all.map((_worker, index) => call(index, 'heard')));
    },
    'server side with answers': () => call(0, 'serverSideAsk', 5000, 'question', 'of'),
    'server side, an answer that does not come': () => call(0, 'serverSideAsk', 300, 'seldom'),
    'servers there are': () => Promise.all(all.map((_worker, index) => call(index, 'servers'))),
    'from a socket to all others': async () => {
      await call(1, 'broadcast', 'test');
      return got(1);
    },
    'from a socket to a room': async () => {
      await call(0, 'socketTo', 'room', 'test');
      await call(1, 'socketTo', 'room', 'test');
      return [await got(1), await got(0)];
    },
    'to several rooms but one': async () => {
      await call(2, 'join', 'third');
      await call(3, 'join', 'third', 'room');
      await call(0, 'emit', { to: ['third', 'room'], except: 'second' }, 'test');
      return got();
    },
    'what may be lost': async () => {
      await call(0, 'emit', { volatile: true }, 'test');
      return got();
    },
    'fetched sockets are spoken to': async () => {
      await call(0, 'remote', { to: 'third' }, 'emit', 'test');
      return got();
    },
    'fetched sockets join and leave': async () => {
      await call(0, 'remote', { to: 'third' }, 'join', 'fourth');
      const joined = await rooms();
      await call(0, 'remote', { to: 'third' }, 'leave', 'third');
      return [joined, await rooms()];
    },
    'a fetched socket is disconnected': async () => {
      await call(3, 'socketsJoin', { to: 'fourth' }, 'last');
      const reason = new Promise((then) => clients[2].once('disconnect', then));
      await call(2, 'socketsLeave', { to: 'room' }, 'last');
      await got(2);
      await call(0, 'remote', { to: 'last' }, 'disconnect');
      return reason;
    },
    'disconnected sockets of a room': () => disconnected({ to: 'second' }, [1]),
    'disconnected sockets': () => disconnected({}, [0, 3]),
  };
  async function disconnected(way, which) {
    const reasons = which.map(
      (index) => new Promise((then) => clients[index].once('disconnect', then)),
    );
    await call(0, 'disconnectSockets', way);
    return [await Promise.all(reasons), clients.map(({ active }) => active)];
  }
  for (const [name, run] of Object.entries(CASES)) {
    console.log(`${name} | ${JSON.stringify(await run())}`);
  }
  for (const client of clients) client.close();
  for (const worker of all) worker.kill();
  await Promise.all(
    all.map((worker) => worker.isDead() || new Promise((then) => worker.on('exit', then))),
  );
  process.exit();
}

/** Resolves with the port. */
async function started() {
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  const event = isSticky ? 'message' : 'listening';
  const [first] = await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.once(event, resolve))),
  );
  if (!isSticky) return first.port;
  const httpServer = createServer();
  setupMaster(httpServer, { loadBalancingMethod: 'round-robin' });
  await new Promise((resolve) => httpServer.listen(0, HOST, resolve));
  return httpServer.address().port;
}

/** One client of each worker, in their order. */
async function connected(port) {
  const byWorker = [];
  for (let tries = 0; tries < 4 * WORKERS && byWorker.filter(Boolean).length < WORKERS; tries++) {
    const client = connect(`http://${HOST}:${port}`, {
      forceNew: true,
      ...(!isSticky && { transports: ['websocket'] }),
    });
    const id = await new Promise((resolve) => client.once('welcome', resolve));
    if (byWorker[id - 1] === undefined) byWorker[id - 1] = client;
    else client.close();
  }
  return byWorker;
}

if (cluster.isPrimary) primary();
else worker();
