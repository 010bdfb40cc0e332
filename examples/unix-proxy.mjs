// Messages between workers, two ways: by a proxy on a Unix socket, written by hand in the primary, and by the hub, which
// needs no proxy. Each worker greets those that say that they are here.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import cluster from 'rondo/cluster';
import { hub } from 'rondo/hub';

if (cluster.isPrimary) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'unix-proxy-'));
  const proxy = openProxy(path.join(directory, 'socket'));
  const env = { PROXY: path.join(directory, 'socket') };
  const workers = [cluster.fork(env), cluster.fork(env), cluster.fork(env)];
  process.once('SIGINT', () => {
    for (const worker of workers) worker.kill();
    proxy.close();
    fs.rmSync(directory, { recursive: true });
  });
} else {
  const { id } = cluster.worker;
  greetByProxy(id);
  greetByHub(id);
}

// By the hub: this is all.
async function greetByHub(id) {
  hub.on('hello', (from) => console.log(`Hub: ${from} greets ${id}`));
  hub.on('here', (pid) => hub.sendTo({ pid }, 'hello', id));
  await hub.ready();
  hub.emit('here', process.pid);
}

// By the proxy: the worker's side, without what happens when the proxy is gone, slow, or another user's.
function greetByProxy(id) {
  const socket = net.connect(process.env.PROXY);
  const send = (message) => socket.write(`${JSON.stringify(message)}\n`);
  createInterface({ input: socket }).on('line', (line) => {
    const { here, from } = JSON.parse(line);
    if (here !== undefined) send({ to: here, from: id });
    else console.log(`Proxy: ${from} greets ${id}`);
  });
  send({ here: id });
}

// And the primary's: each message is parsed here to find out whom it is for.
function openProxy(file) {
  const sockets = new Map(); // by the id of the worker
  const server = net.createServer((socket) => {
    let id;
    createInterface({ input: socket }).on('line', (line) => {
      const { here, to } = JSON.parse(line);
      if (to !== undefined) {
        sockets.get(to)?.write(`${line}\n`);
        return;
      }
      for (const other of sockets.values()) other.write(`${line}\n`);
      id = here;
      sockets.set(id, socket);
    });
    socket.on('error', () => {}); // what follows is 'close'
    socket.on('close', () => sockets.delete(id));
  });
  return server.listen(file);
}
