// As Hono's documentation closes a server.
import { serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { ready, routes } from './lib/routes.mjs';

const app = new Hono();

app.all('*', ({ env }) => {
  routes(env.incoming, env.outgoing);
  return RESPONSE_ALREADY_SENT;
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => ready(server));
process.on('SIGTERM', () => {
  server.close((error) => {
    if (error) console.error(error);
    process.exit(error ? 1 : 0);
  });
});
