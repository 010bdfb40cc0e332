// docs/from-*.md: each program that somebody comes from runs under the real package, then with the flag, and what it becomes
// runs under `rondo start`. Two processes serve in each case.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { validateSupervisorOptions } from '../../src/supervisor/options.js';
import { ask } from '../fixtures/cluster-cli.js';
import { commandsOf, Page } from '../fixtures/docs-page.js';
import { Place, type Started } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';
import { gone, polled, receivedByRondo } from './program.js';

const FOLDERS = ['test/ecosystem', '.'];

/** The pids of the two that answer. */
async function servedBy(port: number): Promise<number[]> {
  const pids = new Set<number>();
  while (pids.size < 2) pids.add(Number(/\d+/.exec(await ask(port))?.[0]));
  return [...pids];
}

/** It serves, by rondo or not, and none of its processes is left after `signal`. */
async function serves(
  t: Test,
  app: Started,
  isRondo: boolean,
  primary = app.child.pid,
): Promise<void> {
  const pids = await servedBy(await app.port());
  t.equal(receivedByRondo(primary as number) !== null, isRondo, 'who deals its connections');
  app.child.kill('SIGTERM');
  await app.ended;
  await gone(pids);
}

/** Before, with the flag, and as `rondo start`. */
async function migrates(t: Test, place: Place, page: Page, name: string): Promise<void> {
  place.write(name, page.program(name));
  const [before = '', flag = ''] = commandsOf(page.take('sh', `node ${name}`));
  await serves(t, place.start(before), false);
  await serves(t, place.start(flag), true);
}

async function runsAlone(t: Test, place: Place, command: string, env = {}): Promise<void> {
  const server = place.start(command, env);
  await server.prints(/(ready after.*){2}/s);
  const pids = await servedBy(await server.port());
  const primary = Number(/, pid (\d+),/.exec(server.output())?.[1]);
  t.type(receivedByRondo(primary), 'number', 'rondo deals its connections');
  await place.stop(server);
  await gone(pids);
}

test('docs/from-throng-cfork-recluster.md', nativeOnly, async (t) => {
  const page = Page.open('docs/from-throng-cfork-recluster.md');
  const place = new Place(t, FOLDERS);
  place.write('server.mjs', page.program('server.mjs'));
  await t.test('rondo start', (t) => runsAlone(t, place, page.command('rondo start')));
  for (const name of ['throng.cjs', 'cfork.mjs', 'recluster.cjs']) {
    await t.test(name, (t) => migrates(t, place, page, name));
  }
  page.close(t);
});

test('docs/from-egg-cluster.md', nativeOnly, async (t) => {
  const page = Page.open('docs/from-egg-cluster.md');
  const place = new Place(t, FOLDERS);
  place.write('package.json', '{ "name": "shop", "private": true }');
  place.write('config/config.default.js', "exports.keys = 'of a test';");
  const route =
    "module.exports = (app) => app.get('/', (ctx) => { ctx.body = String(process.pid); });";
  place.write('app/router.js', route);
  // Where Egg writes its logs.
  const env = { EGG_SERVER_ENV: 'prod', EGG_HOME: place.directory };
  // Of a primary that is started by another process: egg's master says its pid.
  for (const name of ['cluster.js', 'server.js']) place.write(name, page.program(name));
  const [before = '', flag = ''] = commandsOf(page.take('sh', 'node cluster.js'));
  for (const [command, isRondo] of [
    [before, false],
    [flag, true],
  ] as const) {
    const egg = place.start(command, env);
    const [, port] = await egg.prints(/egg started on \S+?:(\d+) /);
    const pids = await servedBy(Number(port));
    const [, master] = await egg.prints(/ (\d+) \[master\]/);
    t.equal(receivedByRondo(Number(master)) !== null, isRondo, command);
    egg.child.kill('SIGTERM');
    await egg.ended;
    await gone(pids);
  }
  t.match(
    page.take('sh', 'egg-scripts'),
    /^NODE_OPTIONS="--import rondo\/register" egg-scripts start /,
  );
  await t.test('rondo start', (t) => runsAlone(t, place, page.command('rondo start'), env));
  page.close(t);
});

test('docs/from-pm2.md', nativeOnly, async (t) => {
  const page = Page.open('docs/from-pm2.md');
  const place = new Place(t, FOLDERS);
  const home = path.join(place.directory, 'h');
  const env = { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true' };
  const pm2 = async (command: string): Promise<void> => {
    const { code, output } = await place.run(command, env);
    t.equal(code, 0, command, { output });
  };
  t.teardown(() => place.run('pm2 kill', env));
  /** Two processes of pm2's serve, dealt by whom it should. */
  const served = async (isRondo: boolean): Promise<void> => {
    const { output } = await place.run('pm2 jlist', env);
    const list = JSON.parse(output.slice(output.indexOf('[{'))) as Array<{
      pm2_env: { pm_out_log_path: string };
    }>;
    t.equal(list.length, 2);
    const log = list[0]?.pm2_env.pm_out_log_path ?? '';
    const port = await polled(() => {
      const [, found] =
        /listening on (\d+)\n/.exec(existsSync(log) ? readFileSync(log, 'utf8') : '') ?? [];
      return found === undefined ? null : Number(found);
    });
    await servedBy(port);
    // Of those that follow.
    rmSync(log);
    const daemon = Number(readFileSync(path.join(home, 'pm2.pid'), 'utf8'));
    t.equal(receivedByRondo(daemon) !== null, isRondo);
  };
  place.write('server.mjs', page.program('server.mjs'));
  await pm2(page.command('pm2 start'));
  await served(false);
  for (const command of commandsOf(page.take('sh', 'NODE_OPTIONS'))) await pm2(command);
  await served(true);
  await pm2('pm2 kill');
  await t.test('rondo start', (t) => runsAlone(t, place, page.command('server.mjs -w 2')));

  place.write('ecosystem.config.cjs', page.program('ecosystem.config.cjs'));
  await pm2('pm2 start ecosystem.config.cjs');
  await served(false);
  await pm2('pm2 kill');
  const config = page.take('json', '"exec"');
  place.write('rondo.json', config);
  t.equal(validateSupervisorOptions(JSON.parse(config)).drainTimeoutMs, 10_000);
  await t.test('with the file', (t) => runsAlone(t, place, page.command('--config')));
  page.close(t);
});
