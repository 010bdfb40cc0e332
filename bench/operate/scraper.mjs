// `node scraper.mjs PORT SCRAPES`: scrapes one after another on one connection, and tells its parent when it is warm, and
// how long each took then, in milliseconds, from the request to the last byte. They come further apart than what shares a text.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 60;
const WARM_UP = 20;

const [port, scrapes] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const times = [];
let bytes = 0;
for (let i = 0; i < WARM_UP + scrapes; i++) {
  if (i === WARM_UP) process.send?.({ isWarm: true });
  await delay(PAUSE_MS);
  const from = performance.now();
  bytes = await scrape();
  if (i >= WARM_UP) times.push(performance.now() - from);
}
process.send?.({ times, bytes });
agent.destroy();
process.disconnect?.();

/** @returns {Promise<number>} how many bytes it had */
function scrape() {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/metrics', agent };
    http
      .get(options, (response) => {
        let length = 0;
        response.on('data', (chunk) => {
          length += chunk.length;
        });
        response.on('end', () => resolve(length));
      })
      .on('error', reject);
  });
}
