// The lines go through a thread of pino's: what was logged last has to arrive, however the process ends.
import { createServer } from 'node:http';
import pino from 'pino';
import { listen, routes } from './lib/routes.mjs';

const log = pino(
  { base: null, timestamp: false },
  pino.transport({ target: 'pino/file', options: { destination: 1 } }),
);

process.once('SIGTERM', () => {
  for (let line = 0; line < 100; line++) log.info(`last line ${line}`);
  process.exit(0);
});
listen(
  createServer((request, response) => {
    if (request.url === '/throw') log.info('the last before an error');
    routes(request, response);
  }),
);
