import { createServer } from 'node:http';
import terminus from '@godaddy/terminus';
import { listen, routes } from './lib/routes.mjs';

const server = createServer(routes);

terminus.createTerminus(server, {
  signal: 'SIGTERM',
  timeout: 1_000,
  healthChecks: { '/health': async () => 'well' },
  onSignal: async () => console.log('cleanup'),
  onShutdown: async () => console.log('shutdown'),
});
// As a pool or a timer does it: the process ends only because terminus raises the signal again.
setInterval(() => {}, 1_000);
listen(server);
