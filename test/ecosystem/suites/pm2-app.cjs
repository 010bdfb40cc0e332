// A server for pm2's cluster mode that ends as pm2's documentation says: at SIGINT, when what it has begun is answered.
'use strict';
const http = require('node:http');

const server = http.createServer((_request, response) => {
  response.setHeader('connection', 'close');
  setTimeout(() => response.end(String(process.pid)), 5);
});
process.once('SIGINT', () => server.close(() => process.exit(0)));
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send('ready'));
