// Pictures of the page of `--metrics` for docs/images/: a supervised server under a bounded load, of which a worker
// has been killed and which is reloaded meanwhile. Needs Chromium. Usage: node scripts/page-pictures.mjs [seconds]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Supervisor } from 'rondo';
import { MetricsServer, pageHandlers } from 'rondo/metrics';
import ts from 'typescript';
import { root } from './support.mjs';

const PICTURES = [
  { name: 'page-light', width: 1120, scheme: 'light' },
  { name: 'page-dark', width: 1120, scheme: 'dark' },
  { name: 'page-phone', width: 375, scheme: 'light' },
];
const CONNECTIONS_PER_SECOND = 240;
const SECONDS = Number(process.argv[2] ?? 45);
const directory = path.join(root, 'docs/images');

const supervisor = new Supervisor({
  exec: path.join(root, 'test/fixtures/page-app.mjs'),
  workers: 4,
  guard: true,
});
const { routes } = pageHandlers(supervisor);
await supervisor.start();
const server = new MetricsServer({ supervisor, port: 0, routes });
const url = `http://127.0.0.1:${(await server.listen()).port}/`;
const { startBrowser, findBrowser } = await importTypeScript('test/fixtures/browser.ts');
const browser = await startBrowser(findBrowser());

const load = startLoad(supervisor.stats().seats[0].workers[0].listening[0].port);
await browser.open(url, { width: 1120, height: 900, scheme: 'light' });
await delay(SECONDS * 400);
process.kill(supervisor.stats().seats[2].workers[0].pid, 'SIGKILL');
await delay(SECONDS * 300);
await supervisor.reload();
await delay(SECONDS * 300);

mkdirSync(directory, { recursive: true });
for (const { name, width, scheme } of PICTURES) {
  await browser.open(url, { width, height: 900, scheme });
  // Strips and rates of half a minute.
  await delay(SECONDS * 1_000 * 0.6);
  const picture = await browser.screenshot(undefined, 'webp');
  writeFileSync(path.join(directory, `${name}.webp`), picture);
  console.log(`${name}.webp: ${Math.round(picture.length / 1024)} KB`);
}
clearInterval(load);
await browser.close();
await server.close();
await supervisor.stop();

/** Connections that each make one request; some stay open for a while. */
function startLoad(port) {
  return setInterval(() => {
    for (let i = 0; i < CONNECTIONS_PER_SECOND / 50; i++) {
      http
        .get({ port, path: '/', agent: false }, (response) => response.resume())
        .on('error', () => {});
    }
  }, 20);
}

async function importTypeScript(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
