// `node scrape-always.mjs PORT EVERY_MS`: scrapes so often, on one connection, until its parent is gone.
import http from 'node:http';

const [port, everyMs] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
process.once('disconnect', () => process.exit());
setInterval(() => {
  http
    .get({ port, host: '127.0.0.1', path: '/metrics', agent }, (response) => response.resume())
    .on('error', () => process.exit());
}, everyMs);
