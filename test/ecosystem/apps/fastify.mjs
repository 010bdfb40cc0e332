import Fastify from 'fastify';

const fastify = Fastify();

fastify.addHook('onRequest', async (_request, reply) => {
  reply.header('X-Worker', process.pid);
});
fastify.get('/', async () => 'Hello World!');
fastify.get('/json', async (request) => ({ ip: request.ip, protocol: request.protocol }));
fastify.post('/echo', async (request) => request.body);

await fastify.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' });
console.log(`${process.pid} listening on ${fastify.server.address().port}`);
