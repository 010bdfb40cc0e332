// rondo/limits/http in a server of node:http, in Express, or in Koa, by the argument.
import http from 'node:http';
import express from 'express';
import Koa from 'koa';
import { rateLimit } from '../../../../dist/limits/http.js';
import { counting } from './limiter.mjs';

const [framework] = process.argv.slice(2);
const limit = rateLimit({
  limiter: counting(`http ${framework}`),
  key: () => 'client',
  policy: 'api "1"',
});

function handler() {
  if (framework === 'express') {
    return express()
      .use(limit)
      .get('/', (_request, response) => response.send('ok'));
  }
  if (framework === 'koa') {
    const app = new Koa().use(limit).use((context) => {
      context.body = 'ok';
    });
    return app.callback();
  }
  return (request, response) => limit(request, response, () => response.end('ok'));
}

const handle = handler();
const server = http.createServer((request, response) => {
  response.setHeader('X-Worker', process.pid);
  handle(request, response);
});
server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`${process.pid} listening on ${server.address().port}`);
});
