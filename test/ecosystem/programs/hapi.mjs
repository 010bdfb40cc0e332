// As Hapi's documentation stops a server.
import Hapi from '@hapi/hapi';
import { ready, routes } from './lib/routes.mjs';

const server = Hapi.server({ port: 0, host: '127.0.0.1' });

server.route({
  method: '*',
  path: '/{any*}',
  handler({ raw }, toolkit) {
    routes(raw.req, raw.res);
    return toolkit.abandon;
  },
});
process.on('SIGTERM', async () => {
  await server.stop({ timeout: 2_000 });
  console.log('stopped');
  process.exit();
});
await server.start();
ready(server.listener);
