import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { listen, routes } from './lib/routes.mjs';

const server = createServer(routes);

closeWithGrace({ delay: 2_000 }, async ({ signal, err }) => {
  if (err) console.error(err);
  console.log(`closing: ${signal ?? 'error'}`);
  await new Promise((resolve) => server.close(resolve));
  console.log('closed');
});
listen(server);
