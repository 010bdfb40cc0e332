// As Fastify's generator writes it: with close-with-grace.
import closeWithGrace from 'close-with-grace';
import Fastify from 'fastify';
import { ready, routes } from './lib/routes.mjs';

const app = Fastify();

app.addHook('onClose', async () => console.log('onClose'));
app.all('*', (request, reply) => {
  reply.hijack();
  routes(request.raw, reply.raw);
});
closeWithGrace({ delay: 2_000 }, async ({ err }) => {
  if (err) console.error(err);
  await app.close();
  console.log('closed');
});
await app.listen({ port: 0, host: '127.0.0.1' });
ready(app.server);
