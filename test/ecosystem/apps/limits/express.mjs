// express-rate-limit with the store of rondo/limits/express. `/` counts every request, `/failed` those that succeed,
// `/reset` forgets the client, `/mismatch`, if that is the argument, has another window than its limiter.
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { ExpressStore } from '../../../../dist/limits/express.js';
import { counting } from './limiter.mjs';

const app = express();
const common = { standardHeaders: 'draft-8', legacyHeaders: false, keyGenerator: () => 'client' };

function limited(name, options = {}) {
  const limiter = counting(name);
  const { limit, windowMs } = limiter;
  return rateLimit({ ...common, limit, windowMs, store: new ExpressStore(limiter), ...options });
}

app.use((_request, response, next) => {
  response.set('X-Worker', process.pid);
  next();
});
const all = limited('express all');
app.get('/', all, (request, response) => {
  response.json(request.rateLimit);
});
app.get('/reset', async (_request, response) => {
  await all.resetKey('client');
  response.json((await all.getKey('client')) ?? null);
});
app.get('/key', async (_request, response) => {
  response.json(await all.getKey('client'));
});
app.get('/failed', limited('express failed', { skipFailedRequests: true }), (request, response) => {
  response.status(Number(request.query.status)).end();
});
if (process.argv[2] === 'mismatch') {
  app.get('/mismatch', limited('express mismatch', { windowMs: 1_000 }), (_request, response) => {
    response.end();
  });
}
app.use((error, _request, response, _next) => {
  response.status(500).send(error.message);
});

const server = app.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`${process.pid} listening on ${server.address().port}`);
});
