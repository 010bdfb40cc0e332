// README.md: each of its three ways is tried as it stands there, its figures are those of the benchmark's page and of the
// site's first page, and the files and scripts that it names are there.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';
import { ask } from '../fixtures/cluster-cli.js';
import { blocksOf, Page, ROOT, readPage } from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

const readme = readPage('README.md');

const SERVER = `import http from 'node:http';
const server = http.createServer((_request, response) => response.end(String(process.pid)));
server.listen(8000, '127.0.0.1', () => console.log('listening on ' + server.address().port));
`;

/** So many processes answer. */
async function serving(port: number, count: number): Promise<void> {
  const pids = new Set<string>();
  while (pids.size < count) pids.add(await ask(port));
}

test('the three ways', nativeOnly, async (t) => {
  const page = Page.open('README.md');
  t.equal(page.command('npm install'), 'npm install rondo');
  await t.test('the flag', async (t) => {
    const place = new Place(t);
    place.write('app.js', Page.open('docs/cluster.md').program('app.mjs'));
    place.write('package.json', '{ "type": "module" }');
    const app = place.start(page.command('--import rondo/register'));
    await serving(await app.port(), 2);
    await app.interrupt();
  });
  await t.test('the command', async (t) => {
    const place = new Place(t);
    place.write('server.js', SERVER);
    place.write('package.json', '{ "type": "module" }');
    const [start = '', reload = ''] = page
      .take('sh', 'npx rondo start')
      .split('\n')
      .map((line) => line.replace(/ +# .*/, ''));
    const server = place.start(`${start} -w 2`);
    const port = await server.port();
    await serving(port, 2);
    const before = await ask(port);
    t.match(await place.run(reload), { code: 0, output: /^reloaded in/ });
    t.not(await ask(port), before);
    await place.stop(server);
  });
  await t.test('the program', async (t) => {
    const place = new Place(t);
    place.write('server.js', SERVER);
    place.write('package.json', '{ "type": "module" }');
    place.write('primary.js', page.take('js', 'new Supervisor'));
    const primary = place.start('node primary.js');
    const port = await primary.port();
    await serving(port, 4);
    const before = await ask(port);
    primary.child.kill('SIGHUP');
    while ((await ask(port)) === before);
    primary.child.kill('SIGKILL');
    await primary.ended;
  });
  t.match(page.take('sh', 'npm start'), /^npm install && npm test /m);
  page.close(t);
});

test('the first page of the site says the same', (t) => {
  const its = (name: string): string[] => blocksOf(readPage(name)).map(({ text }) => text);
  const said = its('README.md').map((text) => text.replace(/ +# .*/, ''));
  const [first, ...more] = its('docs/index.md');
  t.ok(more.length >= 3);
  for (const text of [first ?? '', ...more]) t.ok(said.includes(text), text);
  t.end();
});

test('its table has the figures of the benchmark', (t) => {
  const table = /^\| 2 cores.*?(?=\n\n)/ms.exec(readme)?.[0] ?? '';
  t.ok(readPage('docs/index.md').includes(table), 'as on the first page of the site');
  const benchmark = readPage('docs/benchmark.md');
  const cells = (page: string, row: string): string[] => {
    const line = page.split('\n').find((one) => one.startsWith(`| ${row} |`)) ?? '';
    return line.split('|').map((cell) => cell.trim());
  };
  const section = (title: string): string => {
    const [, text = ''] = benchmark.split(`\n## ${title}\n`);
    return text.split('\n## ')[0] ?? '';
  };
  const situations = section('By situation');
  const ways = cells(situations, 'your program has');
  const situation = (row: string, way: string): string | undefined =>
    cells(situations, row)[ways.indexOf(way)]?.replaceAll('*', '');
  const of = (label: string): string[] => cells(readme, label).slice(2, 4);
  for (const [index, name] of ['`node:cluster`, as it is', 'rondo'].entries()) {
    const cost = cells(section('Cost and waiting'), name);
    const shown = (label: string): string | undefined => of(label)[index];
    t.equal(
      shown('CPU of one short connection, primary / workers'),
      `${cost[3]} µs`,
      `${name}: CPU`,
    );
    const mixed = `${cost[5]?.split(' / ')[0]} ms`;
    t.equal(shown('fast requests beside slow ones: 99th percentile'), mixed, `${name}: mixed`);
    const blocked = "the primary's event loop blocked for 1 s: longest wait";
    const wait = `${situation('the primary does work of its own', name)} ms`;
    t.equal(shown(blocked), wait, `${name}: blocked`);
    const killed = shown('a worker killed every 200 ms: clients that hang');
    t.equal(killed, situation('workers may crash', name), `${name}: killed`);
  }
  const [, , rondo, plain] = cells(benchmark, 'ten rolling restarts, 64 keep-alive connections');
  t.strictSame(
    of('ten rolling restarts: requests that failed'),
    [plain, rondo].map((cell) => cell?.replace(' / 0 of', ' of')),
  );
  const share = Math.round((21_978 / 18_436) * 10) / 10;
  t.match(readme, `${share} times as many connections per second`);
  t.match(benchmark, /\| rondo \| 18,436 .*SCHED_NONE` \| 21,978 /s);
  t.end();
});

test('its scripts are there', (t) => {
  const { scripts } = JSON.parse(readPage('package.json'));
  const named = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)];
  t.ok(named.length >= 3);
  for (const [command, ran, short] of named) t.ok((ran ?? short ?? '') in scripts, command);
  t.ok(existsSync(path.join(ROOT, 'examples')));
  t.end();
});

test('the first screen answers why, how and at what cost', (t) => {
  const links = [...readme.slice(0, readme.indexOf('## ')).matchAll(/\]\(([^)]+)\)/g)];
  const targets = links.map(([, target]) => target);
  for (const page of ['start', 'costs', 'how-it-works', 'benchmark']) {
    t.ok(targets.includes(`docs/${page}.md`), page);
  }
  t.ok(readme.indexOf('npm install rondo') < readme.split('\n').slice(0, 22).join('\n').length);
  t.end();
});

test('nothing is left to be filled in', (t) => {
  t.notMatch(readme, /^[A-Z]+(_[A-Z]+)+$/m);
  t.notMatch(readme, /\b(TODO|FIXME|TBD)\b/);
  t.end();
});
