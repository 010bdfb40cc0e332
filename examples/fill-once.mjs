// A cache for all workers, each value of which is computed once, by the worker that needs it first. Those that need
// it meanwhile wait for the same value.
import cluster from 'node:cluster';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Supervisor } from 'rondo';
import { hub } from 'rondo/hub';

if (cluster.isPrimary) await supervise();
else serve();

function serve() {
  let filled = 0;
  hub.handle('fill', async (key) => {
    filled += 1;
    await sleep(200); // what is slow: a query, a file, another server
    return `${key}, filled by process ${process.pid} (its ${filled}.)`;
  });
  const server = http.createServer(async (request, response) => {
    try {
      response.end(`${await hub.request('primary', 'cached', request.url, process.pid)}\n`);
    } catch (error) {
      response.writeHead(503).end(`${error.message}\n`);
    }
  });
  server.listen(Number(process.env.PORT ?? 8000));
}

async function supervise() {
  const cache = new Map();
  hub.handle('cached', (key, pid) => {
    if (!cache.has(key)) {
      // The promise is what is kept: whoever asks before the value is there gets the same.
      const filling = hub.request({ pid }, 'fill', key);
      cache.set(key, filling);
      filling.catch(() => cache.delete(key)); // the next one who asks tries
    }
    return cache.get(key);
  });

  const supervisor = new Supervisor({ exec: import.meta.filename, workers: 4 });
  process.once('SIGINT', () => supervisor.stop('SIGINT'));
  await supervisor.start();
  const [{ workers }] = supervisor.stats().seats;
  const url = `http://localhost:${workers[0].listening[0].port}/a`;
  console.log(`Four at once:  curl -s --parallel ${url} ${url} ${url} ${url}`);
}
