// What the three stages of the IP limiter have in common: four workers, and a server that asks whether a client's
// request may pass.
import { once } from 'node:events';
import http from 'node:http';

export const LIMIT = 3;

/** In a worker. */
export function serve(mayPass) {
  const server = http.createServer(async (request, response) => {
    if (await mayPass(request.socket.remoteAddress)) response.end('passed\n');
    else response.writeHead(429).end('too many\n');
  });
  server.listen(Number(process.env.PORT ?? 8000), '127.0.0.1');
}

/** In the primary; resolves with the port when all listen. Ctrl-C ends them. */
export async function startWorkers(cluster) {
  const workers = Array.from({ length: 4 }, () => cluster.fork());
  const [[{ port }]] = await Promise.all(workers.map((worker) => once(worker, 'listening')));
  process.once('SIGINT', () => cluster.disconnect());
  return port;
}

export function report(port, outcome) {
  console.log(
    `http://127.0.0.1:${port}/ is served by 4 workers; of 10 requests at once ${outcome}:`,
  );
  console.log(`  ab -n 10 -c 5 http://127.0.0.1:${port}/`);
}
