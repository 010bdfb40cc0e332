// The program of scenario `scrape`: `node scrape.mjs WORKERS SCRAPES`. A Supervisor whose workers are all stopped by a
// signal, when each has served something; another process scrapes its metrics, one after another.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { MetricsServer, Supervisor } from 'rondo';

const [workers, scrapes] = process.argv.slice(2).map(Number);
process.once('disconnect', () => process.exit());

const exec = fileURLToPath(new URL('app.mjs', import.meta.url));
const supervisor = new Supervisor({ exec, workers, startTimeoutMs: 120_000 });
supervisor.on('worker:starting', ({ pid }) => process.send?.({ type: 'started', pid }));
await supervisor.start();
const { seats } = supervisor.stats();
const [{ port }] = seats[0].workers[0].listening;
for (let i = 0; i < 20 * workers; i++) {
  const socket = net.connect({ port, host: '127.0.0.1' }).resume();
  await once(socket, 'close');
}
for (const { workers: processes } of seats) process.kill(processes[0].pid ?? 0, 'SIGSTOP');

const metrics = new MetricsServer({ supervisor, port: 0 });
const address = await metrics.listen();
const scraper = fork(fileURLToPath(new URL('scraper.mjs', import.meta.url)), [
  String(address.port),
  String(scrapes),
]);
process.send?.({ type: 'started', pid: scraper.pid });
await once(scraper, 'message');
const before = process.cpuUsage();
const [{ times, bytes }] = await once(scraper, 'message');
const { user, system } = process.cpuUsage(before);
process.send?.({ type: 'result', times, bytes, cpuMs: (user + system) / 1_000 / times.length });
