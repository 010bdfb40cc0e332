// A worker that dies is replaced in its slot, and connections it had not received wait for another.
// Ask for /exit and a worker dies; the next request is answered all the same.
import { spawn } from 'node:child_process';
import http from 'node:http';
import { Dispatcher } from 'rondo';
import { attach, isWorker } from 'rondo/worker';

if (isWorker()) {
  const server = http.createServer((request, response) => {
    response.end(`process ${process.pid}\n`);
    if (request.url === '/exit') process.exit(1);
  });
  attach(server);
} else {
  const dispatcher = new Dispatcher();
  const { port } = (await dispatcher.listen({ port: Number(process.env.PORT ?? 8000) })).address();
  const workers = new Map();

  const start = (slot) => {
    const worker = spawn(process.execPath, [import.meta.filename], {
      stdio: slot.stdio, // of a new channel, each time it is read for a new process
      env: { ...process.env, ...slot.env },
    });
    slot.assign(worker);
    workers.set(slot, worker);
  };
  dispatcher.on('slot:gone', (slot, { pid, code, signal }) => {
    console.log(`Process ${pid} in slot ${slot.id} is gone (${signal ?? code}), another starts`);
    // Not at once: a worker that cannot start would keep the machine busy with starting.
    setTimeout(() => slot.state === 'open' && start(slot), 100);
  });
  start(dispatcher.openSlot());
  start(dispatcher.openSlot());

  process.once('SIGINT', async () => {
    await dispatcher.close();
    for (const worker of workers.values()) worker.kill();
  });
  console.log(`A worker dies:  curl http://localhost:${port}/exit`);
}
