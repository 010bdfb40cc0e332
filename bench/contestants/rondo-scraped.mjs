// rondo-native, whose metrics another process scrapes ten times a second.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rondoAdapter } from '../lib/rondo-adapter.mjs';

const SCRAPER = fileURLToPath(new URL('../operate/scrape-always.mjs', import.meta.url));
const EVERY_MS = 100;

export const { primary, worker } = rondoAdapter(
  { transport: 'native' },
  async (dispatcher, tools) => {
    const { MetricsServer } = await import('rondo');
    const metrics = new MetricsServer({ dispatcher, port: 0 });
    const { port } = await metrics.listen();
    const scraper = fork(SCRAPER, [String(port), String(EVERY_MS)]);
    if (scraper.pid !== undefined) tools.started(scraper.pid);
  },
);
