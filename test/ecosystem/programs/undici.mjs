// A server that asks another one by undici's pool, which keeps its connections.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { listen, routes } from './lib/routes.mjs';

const pool = new Pool(/** @type {string} */ (process.env.SINK), { connections: 4 });
const server = createServer(async (request, response) => {
  const { body } = await pool.request({ path: '/', method: 'GET' });
  await body.text();
  routes(request, response);
});

process.once('SIGTERM', () => {
  server.close(async () => {
    await pool.close();
    console.log('pool closed');
  });
});
listen(server);
