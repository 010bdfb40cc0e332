// A server whose workers a Supervisor in the same program keeps alive, replaces and ends in order.
// Ask for /throw and a worker fails; `kill -HUP` replaces all; no request is lost in either case.
import cluster from 'node:cluster';
import http from 'node:http';
import { Supervisor } from 'rondo';

if (cluster.isPrimary) await supervise();
else serve();

// In every worker: an ordinary server that listens by itself.
function serve() {
  const server = http.createServer((request, response) => {
    response.end(`process ${process.pid} in seat ${process.env.RONDO_SEAT}\n`);
    if (request.url === '/throw') throw new Error('a bug');
  });
  server.listen(Number(process.env.PORT ?? 8000));
  process.on('rondo:drain', () => console.log(`Process ${process.pid} takes nothing new`));
}

async function supervise() {
  const supervisor = new Supervisor({ exec: import.meta.filename, workers: 2, guard: true });
  supervisor.on('worker:exited', ({ pid, reason, code, signal, drained }) => {
    console.log(`Process ${pid} has ended (${reason}, ${signal ?? code})`, drained ?? '');
  });
  supervisor.on('seat:stopped', (seat, lastOutput) => {
    console.error(`Seat ${seat} stays empty: ${lastOutput}`);
  });
  process.on('SIGHUP', () => {
    supervisor.reload().catch((error) => console.error(error.message));
  });
  process.once('SIGINT', () => supervisor.stop('SIGINT'));

  await supervisor.start();
  const [{ workers }] = supervisor.stats().seats;
  const url = `http://localhost:${workers[0].listening[0].port}`;
  console.log(`A worker fails:  curl ${url}/throw\nAll are replaced:  kill -HUP ${process.pid}`);
}
