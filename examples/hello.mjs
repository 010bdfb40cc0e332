// An HTTP server on one worker process per core: `npm start`. Each answer comes from another worker.
import { spawn } from 'node:child_process';
import http from 'node:http';
import os from 'node:os';
import { Dispatcher } from 'rondo';
import { attach, isWorker } from 'rondo/worker';

if (isWorker()) serve();
else await start();

// In every worker: an ordinary server, with attach() in place of listen().
function serve() {
  const name = `worker ${process.env.WORKER} (process ${process.pid})`;
  attach(http.createServer((_request, response) => response.end(`Hello from ${name}\n`)));
}

// In the primary: it owns the port, and deals each connection to the next worker.
async function start() {
  const dispatcher = new Dispatcher();
  const port = Number(process.env.PORT ?? 8000);
  const listener = await dispatcher.listen({ port }).catch((error) => {
    console.error(`Cannot listen: ${error.message}. Another port: PORT=8080 npm start`);
    process.exit(1);
  });

  const workers = Array.from({ length: os.availableParallelism() }, () => {
    const slot = dispatcher.openSlot();
    const worker = spawn(process.execPath, [import.meta.filename], {
      stdio: slot.stdio, // brings the channel on which connections come
      env: { ...process.env, ...slot.env, WORKER: String(slot.id) },
    });
    slot.assign(worker);
    return worker;
  });

  process.once('SIGINT', async () => {
    await dispatcher.close();
    for (const worker of workers) worker.kill();
  });

  const url = `http://localhost:${listener.address().port}`;
  console.log(`${url} is served by ${workers.length} workers (${dispatcher.transport} transport).`);
  console.log(`Ask it a few times:  curl ${url}\nCtrl-C ends it.`);
}
