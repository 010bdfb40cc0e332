import { createServer } from 'node:http';
import gracefulShutdown from 'http-graceful-shutdown';
import { listen, routes } from './lib/routes.mjs';

const server = createServer(routes);

gracefulShutdown(server, {
  timeout: 2_000,
  onShutdown: async (signal) => console.log(`cleans up after ${signal}`),
  finally: () => console.log('gone'),
});
listen(server);
