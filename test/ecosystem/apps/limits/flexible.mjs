// A program that uses a limiter as one of rate-limiter-flexible, alone and in its union.
import http from 'node:http';
import * as library from 'rate-limiter-flexible';
import { flexibleLimiter } from '../../../../dist/limits/flexible.js';
import { counting } from './limiter.mjs';

const limiter = flexibleLimiter(counting('flexible'), { keyPrefix: 'all', library });
const few = flexibleLimiter(counting('flexible few', 3), { keyPrefix: 'few', library });
const union = new library.RateLimiterUnion(limiter, few);

const server = http.createServer(async (request, response) => {
  response.setHeader('X-Worker', process.pid);
  try {
    const both = request.url === '/union';
    const result = await (both ? union.consume('union') : limiter.consume('client'));
    response.end(JSON.stringify(result));
  } catch (rejected) {
    const isLimited = rejected instanceof library.RateLimiterRes || 'few' in rejected;
    response.writeHead(isLimited ? 429 : 500).end(JSON.stringify(rejected));
  }
});
server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`${process.pid} listening on ${server.address().port}`);
});
