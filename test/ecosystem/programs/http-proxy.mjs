// http-proxy sets Connection on every response itself.
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';
import { listen, routes } from './lib/routes.mjs';

const proxy = httpProxy.createProxyServer({
  target: process.env.SINK,
  agent: new Agent({ keepAlive: true }),
});

proxy.on('error', (error, _request, response) => {
  console.log(`proxy: ${error.message}`);
  response.destroy();
});
listen(
  createServer((request, response) => {
    if (request.url === '/throw' || request.url === '/reject') routes(request, response);
    else proxy.web(request, response);
  }),
);
