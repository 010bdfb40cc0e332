// `https`, or `http2` with its secure server: which, the first argument says.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';

const pem = (name) =>
  readFileSync(new URL(`../../fixtures/localhost-${name}.pem`, import.meta.url));
const options = { key: pem('key'), cert: pem('cert') };

function serve(request, response) {
  response.setHeader('X-Worker', process.pid);
  if (request.url === '/') {
    response.setHeader('Content-Length', 12);
    response.end('Hello World!');
  } else if (request.url === '/json') {
    response.setHeader('Content-Type', 'application/json');
    const { remoteAddress: ip, encrypted } = request.socket;
    response.end(JSON.stringify({ ip, protocol: encrypted ? 'https' : 'http' }));
  } else if (request.url === '/echo') request.pipe(response);
  else {
    response.statusCode = 404;
    response.end();
  }
}

const server =
  process.argv[2] === 'http2' ? createSecureServer(options, serve) : createServer(options, serve);

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`${process.pid} listening on ${server.address().port}`);
});
