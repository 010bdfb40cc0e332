// The floor under scenario `scrape`: `node plain-text.mjs BYTES SCRAPES`. A server of node:http answers as many bytes as a
// scrape has, which are there already, to the same scraper.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const [bytes, scrapes] = process.argv.slice(2).map(Number);
process.once('disconnect', () => process.exit());

const text = Buffer.alloc(bytes, 'x');
const headers = { 'Content-Type': 'text/plain', 'Content-Length': text.length };
const server = createServer((_request, response) => response.writeHead(200, headers).end(text));
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const scraper = fork(fileURLToPath(new URL('scraper.mjs', import.meta.url)), [
  String(port),
  String(scrapes),
]);
process.send?.({ type: 'started', pid: scraper.pid });
await once(scraper, 'message');
const before = process.cpuUsage();
const [{ times }] = await once(scraper, 'message');
const { user, system } = process.cpuUsage(before);
process.send?.({ type: 'result', times, bytes, cpuMs: (user + system) / 1_000 / times.length });
