import { createServer } from 'node:http';
import stoppable from 'stoppable';
import { listen, routes } from './lib/routes.mjs';

const server = stoppable(createServer(routes), 1_000);

process.once('SIGTERM', () => {
  console.log('stopping');
  server.stop(() => console.log('stopped'));
});
listen(server);
