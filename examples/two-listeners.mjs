// Two listeners with names: one for everybody, one for this machine only. Each worker attaches a
// server of its own to either.
import { spawn } from 'node:child_process';
import http from 'node:http';
import { Dispatcher } from 'rondo';
import { attach, isWorker } from 'rondo/worker';

if (isWorker()) {
  let served = 0;
  const site = http.createServer((_request, response) => {
    served += 1;
    response.end('Welcome\n');
  });
  const admin = http.createServer((_request, response) => {
    response.end(`Process ${process.pid} has served ${served}\n`);
  });
  attach(site, { listener: 'site' });
  attach(admin, { listener: 'admin' });
} else {
  const dispatcher = new Dispatcher();
  const { PORT = 8000, ADMIN_PORT = 9000 } = process.env;
  const site = await dispatcher.listen({ name: 'site', port: Number(PORT) });
  const admin = await dispatcher.listen({
    name: 'admin',
    port: Number(ADMIN_PORT),
    host: '127.0.0.1',
  });
  const workers = [dispatcher.openSlot(), dispatcher.openSlot()].map((slot) => {
    const worker = spawn(process.execPath, [import.meta.filename], {
      stdio: slot.stdio,
      env: { ...process.env, ...slot.env },
    });
    slot.assign(worker);
    return worker;
  });
  process.once('SIGINT', async () => {
    await dispatcher.close();
    for (const worker of workers) worker.kill();
  });
  console.log(`The site:   curl http://localhost:${site.address().port}`);
  console.log(`The admin:  curl http://localhost:${admin.address().port}`);
}
