import { createServer } from 'node:http';
import { createHttpTerminator } from 'http-terminator';
import { listen, routes } from './lib/routes.mjs';

const server = createServer(routes);
const terminator = createHttpTerminator({ server, gracefulTerminationTimeout: 1_000 });

process.once('SIGTERM', async () => {
  console.log('terminating');
  await terminator.terminate();
  console.log('terminated');
});
listen(server);
