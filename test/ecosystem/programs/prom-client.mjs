import { createServer } from 'node:http';
import { collectDefaultMetrics, register } from 'prom-client';
import { listen, routes } from './lib/routes.mjs';

collectDefaultMetrics();
listen(
  createServer(async (request, response) => {
    if (request.url !== '/metrics') return routes(request, response);
    response.setHeader('Content-Type', register.contentType);
    response.end(await register.metrics());
  }),
);
