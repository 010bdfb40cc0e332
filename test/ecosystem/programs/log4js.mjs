// In a worker log4js leaves writing to the primary, unless it is told to write by itself. What was logged last has to arrive.
import { createServer } from 'node:http';
import log4js from 'log4js';
import { listen, routes } from './lib/routes.mjs';

const isClustered = process.env.CLUSTERED !== undefined;

log4js.configure({
  disableClustering: !isClustered,
  appenders: { out: { type: 'stdout', layout: { type: 'messagePassThrough' } } },
  categories: { default: { appenders: ['out'], level: 'info' } },
});
const log = log4js.getLogger();

process.once('SIGTERM', () => {
  for (let line = 0; line < 100; line++) log.info(`last line ${line}`);
  log4js.shutdown(() => process.exit(0));
});
listen(
  createServer((request, response) => {
    if (request.url === '/throw') log.info('the last before an error');
    routes(request, response);
  }),
);
if (isClustered) log.info('begun');
