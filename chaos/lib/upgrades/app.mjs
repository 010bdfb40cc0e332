// What chaos/upgrades.mjs upgrades.
import { createServer } from 'node:http';

createServer((_request, response) => {
  response.setHeader('x-worker', process.pid);
  response.end('hello');
}).listen(Number(process.env.PORT ?? 0), '127.0.0.1');
