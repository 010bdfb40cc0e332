import { createServer } from 'node:http';
import { PostHog } from 'posthog-node';
import { listen, routes } from './lib/routes.mjs';

const client = new PostHog('key', {
  host: /** @type {string} */ (process.env.SINK),
  flushAt: 1,
  enableExceptionAutocapture: true,
});

process.once('SIGTERM', async () => {
  await client.shutdown();
  console.log('shut down');
  process.exit(0);
});
listen(createServer(routes));
