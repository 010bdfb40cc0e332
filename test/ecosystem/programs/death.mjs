import { createServer } from 'node:http';
import death from 'death';
import { listen, routes } from './lib/routes.mjs';

death({ uncaughtException: true })((/** @type {string} */ what, /** @type {unknown} */ error) => {
  if (error instanceof Error) console.error(error.stack);
  console.log(`death: ${what}`);
  process.exit(what === 'SIGTERM' ? 0 : 1);
});
listen(createServer(routes));
