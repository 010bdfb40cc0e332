// @fastify/rate-limit with the store of rondo/limits/fastify: `/` has the plugin's limit, `/login` one of its own.
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { fastifyStore } from '../../../../dist/limits/fastify.js';
import { counting } from './limiter.mjs';

const app = Fastify();
app.addHook('onRequest', async (_request, reply) => {
  reply.header('X-Worker', process.pid);
});
await app.register(rateLimit, {
  max: 10,
  timeWindow: '1 hour',
  keyGenerator: () => 'client',
  enableDraftSpec: true,
  store: fastifyStore(({ route, limit, windowMs }) =>
    counting(`fastify ${route}`, limit, windowMs),
  ),
});
app.get('/', async () => ({ ok: true }));
app.get('/login', { config: { rateLimit: { max: 3 } } }, async () => ({ ok: true }));
const look = app.createRateLimit();
app.get('/look', { config: { rateLimit: false } }, (request) =>
  look(request, { increment: false }),
);

await app.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' });
console.log(`${process.pid} listening on ${app.server.address().port}`);
