import { createServer } from 'node:http';
import { createLightship } from 'lightship';
import { listen, routes } from './lib/routes.mjs';

const lightship = await createLightship({ port: 0, shutdownDelay: 100 });
const server = createServer(routes);

lightship.registerShutdownHandler(async () => {
  console.log('shutting down');
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  console.log('shut down');
});
server.once('listening', () => lightship.signalReady());
listen(server);
